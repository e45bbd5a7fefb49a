using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Lists backups of ShoreGuard databases, newest first.</summary>
/// <remarks>
/// <para>Lists what Backup-ShoreGuardDatabase and ShoreGuard's own scripts/backup.py have written, in folders or as single files, with
/// kind, time, revision, size and age. The revision is read from the file itself; a dump is not restored for that. What only the
/// sidecar knows (release, rows, SHA-256) comes from there, where there is one.</para>
/// <para>A file that cannot be read is listed too, and its Problem says why. Nothing is proven: Test-ShoreGuardBackup does that. Reads
/// only.</para>
/// </remarks>
/// <example>
/// <para>What is there to go back to?</para>
/// <code>Get-ShoreGuardBackup ./backups</code>
/// <para>Every backup in the folder, newest first.</para>
/// </example>
/// <example>
/// <para>The newest one at the target's revision</para>
/// <code>Get-ShoreGuardBackup ./backups -Revision 016 -Newest</code>
/// <para>What Restore-ShoreGuardDatabase would be given to go back to a release whose head is 016.</para>
/// </example>
/// <example>
/// <para>Which cannot be relied on?</para>
/// <code>Get-ShoreGuardBackup ./backups | Test-ShoreGuardBackup -Rpo 1.00:00:00 | Where-Object -Not Usable</code>
/// <para>Proves every backup, and leaves those that are damaged or older than a day.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardBackup", DefaultParameterSetName = "Path")]
[OutputType(typeof(Backup))]
public sealed class GetShoreGuardBackupCommand : BackupPathCommand
{
    private readonly List<string> _paths = [];

    /// <summary>Only backups at one of these Alembic revisions. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Revision { get; set; } = ["*"];

    /// <summary>Only backups that were made before. A time without a zone is local time; append Z for UTC.</summary>
    [Parameter]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Only the newest of those that the other parameters leave.</summary>
    [Parameter]
    public SwitchParameter Newest { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _paths.AddRange(ResolvePaths());

    /// <inheritdoc/>
    protected override void EndProcessing() => Run(ListAsync);

    private async Task ListAsync()
    {
        var revisions = Revision.Select(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase)).ToArray();
        await foreach (var backup in BackupCatalog.FindAsync(_paths, Cancellation).ConfigureAwait(false))
        {
            if (backup.CreatedAt >= Before || !revisions.Any(pattern => pattern.IsMatch(backup.Revision ?? "")))
                continue;
            Output.Object(backup);
            if (Newest)
                return;
        }
    }
}
