using System.Text.RegularExpressions;
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
/// <param name="SearchPath">The present database's own, and all of its schemas after it.</param>
/// <param name="VersionSchema">The schema in which the present database has the application's revision; null where it has none.</param>
internal sealed partial record PostgresRestorePlan(
    PostgresServer Server, PostgresTools Tools, PostgresTraits Traits, DatabaseContents? Before, DumpContents Dump, string BackupPath,
    NativeFile.Version Backup, CheckRecorder Checks, bool Force, string Ended, string SearchPath, string? VersionSchema)
{
    /// <summary>Chooses the way: beside the old database where the role may create databases, else in place.</summary>
    /// <param name="server">The server, and the database.</param>
    /// <param name="backupPath">The backup, absolute.</param>
    /// <param name="options">How it is to go.</param>
    /// <param name="reporter">Where is said what is found.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="foreignAllowed">Whether a backup of another application's database is restored.</param>
    /// <inheritdoc cref="IDatabase.PlanRestoreAsync" path="/exception"/>
    public static async Task<IRestore> MakeAsync(
        PostgresServer server, string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation, bool foreignAllowed = false)
    {
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var major = PostgresCatalog.Major(connection);
        var tools = await PostgresTools.FindAsync(server, major, cancellation).ConfigureAwait(false);
        reporter.Verbose($"PostgreSQL {major}, tools in {tools.Place}");
        var checks = new CheckRecorder(reporter);
        var version = options.Proven?.Version ?? NativeFile.VersionOf(backupPath);
        var path = await PostgresCatalog.SearchPathAsync(connection, cancellation).ConfigureAwait(false);
        var schema = await PostgresCatalog.VersionSchemaAsync(connection, cancellation).ConfigureAwait(false);
        var dump = options.Proven is { } proven
            ? await PostgresDumpProof.DeriveAsync(backupPath, major, tools, proven.Sidecar, checks, cancellation).ConfigureAwait(false)
            : await PostgresDumpProof.ProveAsync(backupPath, major, tools, checks, cancellation, foreignAllowed, new(schema)).ConfigureAwait(false);
        var traits = await PostgresTraits.ReadAsync(connection, server.Database, cancellation).ConfigureAwait(false);
        if (options.Replaces)
            await PostgresReplication.RequireNoneAsync(server, connection, cancellation).ConfigureAwait(false);
        var ended = await PostgresOccupants.PlanAsync(server, connection, server.Database, options, traits.CanReplace, cancellation).ConfigureAwait(false);
        // What belongs to others cannot even be counted.
        var inventory = traits.CanReplace ? null : await PostgresInventory.RequireOursAsync(server, traits, connection, cancellation).ConfigureAwait(false);
        var before = await BeforeAsync(server, connection, options, reporter, cancellation).ConfigureAwait(false);
        var plan = new PostgresRestorePlan(server, tools, traits, before, dump, backupPath, version, checks, options.Force, ended, path, schema);
        if (options.Replaces && before is not null && before.Revision == dump.Contents.Revision
            && await PostgresWhole.FindMissingAsync(connection, dump.List, cancellation).ConfigureAwait(false) is { } missing)
            reporter.Warning($"The backup lacks what the database has at the same revision: {missing}. It will be gone from the restored database.");
        if (options.Replaces && dump.Subscriptions.Count > 0)
            reporter.Warning($"Not restored: {string.Join(", ", dump.Subscriptions)}. Create what is still wanted again with CREATE SUBSCRIPTION.");
        if (inventory is not null)
            await inventory.RequireMakeableAsync(plan, connection, cancellation).ConfigureAwait(false);
        await PostgresSpace.RequireAsync(server, connection, PostgresSpace.Estimate(dump), reporter, cancellation).ConfigureAwait(false);
        return inventory is null
            ? await PostgresSideRestore.PlanAsync(plan, connection, options, reporter, cancellation).ConfigureAwait(false)
            : await PostgresInPlaceRestore.PlanAsync(plan, inventory, options, reporter, cancellation).ConfigureAwait(false);
    }

    /// <summary>What is in the database that is replaced; null when there is nothing with a revision. What is another application's is refused,
    /// unless the operator insists.</summary>
    /// <exception cref="ShoreGuardException"><c>RestoreForeign</c>.</exception>
    public static async Task<DatabaseContents?> BeforeAsync(
        PostgresServer server, NpgsqlConnection connection, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        if (options.Replaces)
            await TellOfOthersAsync(connection, reporter, cancellation).ConfigureAwait(false);
        var contents = await PostgresCatalog.TryDescribeAsync(connection, cancellation).ConfigureAwait(false);
        if (contents is null && !options.Force && options.Replaces && await PostgresCatalog.IsForeignAsync(connection, cancellation).ConfigureAwait(false))
            throw Errors.RestoreForeign(server.Name);
        return contents;
    }

    // Another application in the same database goes back with it.
    private static async Task TellOfOthersAsync(NpgsqlConnection connection, IReporter reporter, CancellationToken cancellation)
    {
        if (await PostgresCatalog.VersionSchemaAsync(connection, cancellation).ConfigureAwait(false) is not { } own)
            return;
        var others = (await PostgresCatalog.VersionsAsync(connection, cancellation).ConfigureAwait(false)).Where(each => each.Key != own)
            .Select(each => $"schema {each.Key} (at revision {string.Join(" and ", each.Value)})").Order(StringComparer.Ordinal).ToList();
        if (others.Count > 0)
            reporter.Warning($"The whole database is replaced, and with it what another application has in it: {string.Join(", ", others)}.");
    }

    /// <summary>What of the dump's owners and grants can be restored: an owner's objects by a member of it, a grant to any role that there is.</summary>
    /// <param name="others">Whose everything is where that of the owners cannot be theirs, and the arguments for that.</param>
    /// <param name="reporter">Where is said what cannot.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<RestoreRights> RightsAsync((string Owner, string[] Arguments) others, IReporter reporter, CancellationToken cancellation)
    {
        await using var connection = await Server.OpenAsync(Server.Database, cancellation).ConfigureAwait(false);
        var roles = await PostgresCatalog.QueryAsync(
            connection, "SELECT r.rolname, pg_has_role(r.oid, 'MEMBER'), me.rolsuper FROM pg_roles r, pg_roles me WHERE me.rolname = current_user",
            row => (Name: row.GetString(0), IsOurs: row.GetBoolean(1), MayBe: row.GetBoolean(2)), cancellation).ConfigureAwait(false);
        var known = roles.ToDictionary(role => role.Name, StringComparer.Ordinal);
        bool MayAct(DumpRight right) =>
            right.ActsFor is not { } role || (known.TryGetValue(role, out var found) && (right.Impersonates ? found.MayBe : found.IsOurs));
        var lost = Dump.Rights.Where(right => !MayAct(right) || (right.Grantee is { } grantee && !known.ContainsKey(grantee))).ToList();
        var strangers = Dump.Owners.Where(owner => !known.TryGetValue(owner, out var found) || !found.IsOurs).ToList();
        if (strangers.Count > 0)
            reporter.Warning(
                $"The backup names {(strangers.Count == 1 ? "an owner" : "owners")} that this server does not have, or that {Server.User} is not a member of: "
                + $"{string.Join(", ", strangers)}. Everything restored belongs to {others.Owner}.");
        // What a stranger was granted or had taken away as the owner of its own objects goes with them.
        var named = lost.SelectMany(right => right.Roles.Where(role => !known.ContainsKey(role) || (role == right.ActsFor && !MayAct(right))))
            .Except(strangers).Distinct().Order(StringComparer.Ordinal).ToList();
        if (named.Count > 0)
            reporter.Warning(
                $"Grants in the backup to or by {(named.Count == 1 ? "a role" : "roles")} that this server does not have, or that {Server.User} is not allowed "
                + "to act for, are left out: "
                + $"{string.Join(", ", named)}. All other grants are restored.");
        // A dump that names nobody would make everything the property of whoever restores it.
        string[] arguments = strangers.Count > 0 ? ["--no-owner", .. others.Arguments] : Dump.Owners.Count == 0 ? others.Arguments : [];
        return new(arguments, lost.Select(right => right.Statement).ToHashSet(StringComparer.Ordinal),
            [.. Dump.Rights.Except(lost).Select(right => right.Statement)]);
    }

    /// <summary>Whether a statement was refused because a name in it was not found: the text of a function may name a table without its schema, and
    /// dumps are loaded with an empty <c>search_path</c>.</summary>
    /// <param name="error">What the tool wrote; the server's words are English where its <c>lc_messages</c> are.</param>
    public static bool LacksName(PostgresToolException error) =>
        error.Message.Contains("42P01", StringComparison.Ordinal)
            || error.Message.Contains("42883", StringComparison.Ordinal) || NotFound().IsMatch(error.Message);

    [GeneratedRegex("(?:relation|function|type|operator|collation|text search [a-z]+):? .+ does not exist", RegexOptions.ExplicitCapture)]
    private static partial Regex NotFound();

    /// <summary>Says that a dump is loaded with the database's own <c>search_path</c>.</summary>
    public void TellOfPath(IReporter reporter, PostgresToolException error) =>
        reporter.Warning(
            $"An object in the backup names another one without its schema ({PostgresInPlaceRestore.Sentence(error.Message).TrimEnd('.')}), which pg_restore's "
            + "empty search_path does not find. "
            + $"The backup is restored with search_path = {SearchPath} instead. Write the schema into the object's definition, or ALTER FUNCTION ... SET "
                + "search_path.");

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
