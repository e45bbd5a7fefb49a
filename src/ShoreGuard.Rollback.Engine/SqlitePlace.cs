namespace ShoreGuard.Rollback.Engine;

/// <summary>Where a container has its SQLite file: what becomes of the file when the container stops or goes.</summary>
internal enum SqlitePlace
{
    /// <summary>In a volume or a folder of the host, together with what SQLite keeps beside it. The only place where it outlives the container.</summary>
    Folder,
    /// <summary>Mounted by itself, without its folder: its WAL is in the container's own layer.</summary>
    MountedAlone,
    /// <summary>In the container's own layer.</summary>
    Layer,
    /// <summary>In memory (tmpfs).</summary>
    Memory,
}
