using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>What the module remembers between runs: a folder with the journal, and the files that say which deployment is being changed. Handed on to whatever
/// needs it.</summary>
public sealed class StateStore
{
    /// <summary>A store. Makes no file, and no folder.</summary>
    /// <param name="folder">The folder that the operator has named, absolute; null for the user's own.</param>
    /// <param name="blocklist">The shared list of blocked images that the operator has named, absolute; null for that of the environment, if there is
    /// one.</param>
    public StateStore(string? folder = null, string? blocklist = null)
    {
        Folder = folder ?? UserFolder.State;
        KnownGood = new(this);
        Blocklist = new(this, new(blocklist));
        Backups = new(this);
        Deployments = new(this);
        Outages = new(this);
        Incidents = new(this);
    }

    /// <summary>The folder, absolute; made where something is written and it is missing.</summary>
    public string Folder { get; }

    /// <summary>Where backups are made and looked for when the operator names no folder.</summary>
    public string BackupFolder => Path.Combine(Folder, "backups");

    /// <summary>The builds that have proven good.</summary>
    public KnownGood KnownGood { get; }

    /// <summary>The images that are not to be deployed again.</summary>
    public Blocklist Blocklist { get; }

    /// <summary>Where backups were made.</summary>
    internal KnownBackups Backups { get; }

    /// <summary>Which builds deployments were seen with.</summary>
    internal KnownDeployments Deployments { get; }

    /// <summary>How long nobody was served in earlier switches.</summary>
    internal OutageHistory Outages { get; }

    /// <summary>What is written down of incidents.</summary>
    internal IncidentStore Incidents { get; }

    /// <summary>Opens the journal for writing.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="Journal.Open"/>.</exception>
    internal Journal OpenJournal() => Journal.Open(Folder);

    /// <summary>Opens the journal for reading; null where there is none yet.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="Journal.TryOpenForReading"/>.</exception>
    internal Journal? TryReadJournal() => Journal.TryOpenForReading(Folder);
}
