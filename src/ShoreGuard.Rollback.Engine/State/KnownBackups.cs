using System.Globalization;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>Where backups of a deployment's database were made: a plan looks there, too.</summary>
/// <param name="state">The store that it belongs to.</param>
internal sealed class KnownBackups(StateStore state)
{
    /// <summary>The backups that are known of a deployment, the latest first; some may be gone.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyList<string> Of(Deployment deployment)
    {
        using var journal = state.TryReadJournal();
        return journal?.Query("SELECT path FROM backup WHERE docker_host = $host AND deployment = $name ORDER BY made_at DESC", row =>
            row.GetString(0), ("$host", deployment.DockerHost), ("$name", deployment.Name)) ?? [];
    }

    /// <summary>Keeps where a backup is.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public void Remember(Deployment deployment, Backup backup)
    {
        using var journal = state.OpenJournal();
        journal.Query(
            "INSERT OR REPLACE INTO backup (path, docker_host, deployment, revision, made_at) VALUES ($path, $host, $name, $revision, $at)", _ => true,
            ("$path", backup.BackupPath), ("$host", deployment.DockerHost), ("$name", deployment.Name), ("$revision", backup.Revision),
            ("$at", backup.CreatedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)));
    }
}
