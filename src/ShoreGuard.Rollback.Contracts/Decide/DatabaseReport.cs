namespace ShoreGuard.Rollback;

/// <summary>A ShoreGuard database: where it is, and what is in it.</summary>
public sealed record DatabaseReport
{
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>The database: the URL, the password replaced by <c>***</c>.</summary>
    public required string Database { get; init; }
    /// <summary>How it was reached: directly or through a container.</summary>
    public required DatabaseTransport Transport { get; init; }
    /// <summary>Where it was found: the file on this machine or, as <c>NAME:PATH</c>, inside a container; the database on its server or in its
    /// server's container.</summary>
    public required string Location { get; init; }
    /// <summary>The version of the server, or of the SQLite that read the file.</summary>
    public required string ServerVersion { get; init; }
    /// <summary>Its size in bytes; of a SQLite database with the files that belong to it.</summary>
    public required long Size { get; init; }
    /// <summary>The Alembic revision it is at.</summary>
    public required string Revision { get; init; }
    /// <summary>The rows of every table.</summary>
    public required IReadOnlyList<TableRows> Rows { get; init => field = ReadableList.Of(value); }
    /// <summary>The deployment whose database it is; null when none was given.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>All rows together.</summary>
    public long TotalRows => Rows.Sum(table => table.Rows);

    /// <summary>For people: the place and the revision.</summary>
    public override string ToString() => $"{Location}: revision {Revision}";
}
