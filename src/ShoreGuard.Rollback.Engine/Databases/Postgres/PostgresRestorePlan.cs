using Npgsql;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What both ways to restore a PostgreSQL database need to know.</summary>
/// <param name="Server">The server, and the database.</param>
/// <param name="Tools">PostgreSQL's own tools of its version.</param>
/// <param name="Traits">What belongs to the database itself.</param>
/// <param name="Before">What it holds; null when it is not a ShoreGuard database.</param>
/// <param name="Dump">What the backup holds.</param>
/// <param name="BackupPath">The backup.</param>
/// <param name="Backup">The backup as it was when it was proven.</param>
/// <param name="Checks">What has been proven.</param>
/// <param name="Force">Whether the sessions of others are ended for it.</param>
/// <param name="Ended">Whose those are now, as the end of a sentence; empty when there are none.</param>
internal sealed record PostgresRestorePlan(
    PostgresServer Server, PostgresTools Tools, PostgresTraits Traits, DatabaseContents? Before, DumpContents Dump, string BackupPath, NativeFile.Version Backup, CheckRecorder Checks, bool Force, string Ended)
{
    /// <summary>Chooses the way: beside the old database where the role may create databases, else in place.</summary>
    /// <param name="server">The server, and the database.</param>
    /// <param name="backupPath">The backup, absolute.</param>
    /// <param name="options">How it is to go.</param>
    /// <param name="reporter">Where is said what is found.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="foreignAllowed">Whether a backup of another application's database is restored.</param>
    /// <inheritdoc cref="IDatabase.PlanRestoreAsync" path="/exception"/>
    public static async Task<IRestore> MakeAsync(PostgresServer server, string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation, bool foreignAllowed = false)
    {
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var major = PostgresCatalog.Major(connection);
        var tools = await PostgresTools.FindAsync(server, major, cancellation).ConfigureAwait(false);
        reporter.Verbose($"PostgreSQL {major}, tools in {tools.Place}");
        var checks = new CheckRecorder(reporter);
        var version = options.Proven?.Version ?? NativeFile.VersionOf(backupPath);
        var dump = options.Proven is { } proven
            ? await PostgresDumpProof.DeriveAsync(backupPath, major, tools, proven.Sidecar, checks, cancellation).ConfigureAwait(false)
            : await PostgresDumpProof.ProveAsync(backupPath, major, tools, checks, cancellation, foreignAllowed).ConfigureAwait(false);
        var traits = await PostgresTraits.ReadAsync(connection, server.Database, cancellation).ConfigureAwait(false);
        var ended = await PostgresOccupants.PlanAsync(server, connection, server.Database, options, cancellation).ConfigureAwait(false);
        // What belongs to others cannot even be counted.
        var inventory = traits.CanReplace ? null : await PostgresInventory.RequireOursAsync(server, traits, connection, cancellation).ConfigureAwait(false);
        var before = await BeforeAsync(server, connection, options, cancellation).ConfigureAwait(false);
        var plan = new PostgresRestorePlan(server, tools, traits, before, dump, backupPath, version, checks, options.Force, ended);
        await PostgresSpace.RequireAsync(server, connection, PostgresSpace.Estimate(dump), reporter, cancellation).ConfigureAwait(false);
        return inventory is null
            ? await PostgresSideRestore.PlanAsync(plan, connection, options, reporter, cancellation).ConfigureAwait(false)
            : await PostgresInPlaceRestore.PlanAsync(plan, inventory, options, reporter, cancellation).ConfigureAwait(false);
    }

    /// <summary>What is in the database that is replaced; null when there is nothing with a revision. What is another application's is refused, unless the operator insists.</summary>
    /// <exception cref="ShoreGuardException"><c>RestoreForeign</c>.</exception>
    public static async Task<DatabaseContents?> BeforeAsync(PostgresServer server, NpgsqlConnection connection, RestoreOptions options, CancellationToken cancellation)
    {
        var contents = await PostgresCatalog.TryDescribeAsync(connection, cancellation).ConfigureAwait(false);
        if (contents is null && !options.Force && options.Replaces && await PostgresCatalog.IsForeignAsync(connection, cancellation).ConfigureAwait(false))
            throw Errors.RestoreForeign(server.Name);
        return contents;
    }

    /// <summary>How pg_restore is told whose everything is to be. Owners and grants of the dump stay where this server has the roles and we may act for them.</summary>
    /// <param name="others">Whose everything is otherwise, and the arguments for that.</param>
    /// <param name="reporter">Where is said that they do not.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<IReadOnlyList<string>> RightsAsync((string Owner, string[] Arguments) others, IReporter reporter, CancellationToken cancellation)
    {
        await using var connection = await Server.OpenAsync(Server.Database, cancellation).ConfigureAwait(false);
        var known = await PostgresCatalog.QueryAsync(connection, "SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')", row => row.GetString(0), cancellation).ConfigureAwait(false);
        var missing = Dump.Roles.Except(known).ToList();
        // A dump that names nobody would make everything the property of whoever restores it.
        if (missing.Count == 0)
            return Dump.Roles.Count == 0 ? others.Arguments : [];
        reporter.Warning($"The backup names {(missing.Count == 1 ? "a role" : "roles")} that this server does not have, or that {Server.User} is not a "
            + $"member of: {string.Join(", ", missing)}. Everything restored belongs to {others.Owner}; grants in the backup are left out.");
        return ["--no-owner", "--no-privileges", .. others.Arguments];
    }

    /// <summary>Holds what was found against what the backup holds.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupChanged</c>, <c>RestoreCopyDamaged</c>.</exception>
    public void Compare(DatabaseContents found)
    {
        if (NativeFile.VersionOf(BackupPath) != Backup)
            throw Errors.BackupChanged(BackupPath);
        if (found.Revision != Dump.Contents.Revision || !found.Rows.SequenceEqual(Dump.Contents.Rows))
            throw Errors.RestoreCopyDamaged(Server.Name, $"it holds {found.Describe()}, the backup {Dump.Contents.Describe()}");
    }

    /// <summary>Refuses what an index or a foreign key does not hold for.</summary>
    /// <exception cref="ShoreGuardException"><c>RestoreCopyDamaged</c>.</exception>
    public void RequireNone(IReadOnlyList<string> invalid)
    {
        if (invalid.Count > 0)
            throw Errors.RestoreCopyDamaged(Server.Name, $"not valid: {string.Join(", ", invalid)}");
    }

    /// <summary>Indexes and foreign keys that do not hold.</summary>
    public const string InvalidConstraints = """
        SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid OR NOT indisready
        UNION ALL SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated
        """;
}
