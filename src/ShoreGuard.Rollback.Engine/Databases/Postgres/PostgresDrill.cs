namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Restores a dump into a scratch database on the server, dumps that again, holds the two against each other, and drops it.</summary>
internal static class PostgresDrill
{
    public static async Task RunAsync(
        PostgresServer server, string backupPath, DrillRecorder drill, CheckRecorder checks, IReporter reporter, CancellationToken cancellation)
    {
        // The database in use is only read, so who uses it is no matter.
        var options = new RestoreOptions(Jobs: null, Path.GetDirectoryName(backupPath)!, ApplicationIsManaged: true, Purpose: "drill");
        if (await PostgresRestorePlan.MakeAsync(server, backupPath, options, reporter, cancellation).ConfigureAwait(false) is not PostgresSideRestore restore)
        {
            drill.Fail($"the role {server.User} is not allowed to create a scratch database");
            return;
        }
        var role = await DrillRole.TryCreateAsync(server, cancellation).ConfigureAwait(false);
        TellRights(server, role, backupPath, checks, reporter);
        var steps = new StepRecorder($"Drill of {Path.GetFileName(backupPath)}", reporter);
        try
        {
            if (role is not null)
                await restore.UseAsync(role, cancellation).ConfigureAwait(false);
            drill.Begin();
            await restore.PrepareAsync(steps, reporter, cancellation).ConfigureAwait(false);
            drill.Restored();
            await CompareAsync(restore, backupPath, checks, cancellation).ConfigureAwait(false);
            drill.Verified();
        }
        finally
        {
            var left = await steps.UndoAsync().ConfigureAwait(false);
            await restore.CleanUpAsync().ConfigureAwait(false);
            foreach (var (_, error) in left)
                reporter.Warning($"The scratch database {restore.Side} could not be dropped: {Errors.Reason(error)}. Drop it by hand.");
            if (role is not null && left.Count == 0)
                await OutagePatience.RunAsync(role.DropAsync).ConfigureAwait(false);
        }
    }

    // Said before, since it is executed then.
    private static void TellRights(PostgresServer server, DrillRole? role, string backupPath, CheckRecorder checks, IReporter reporter)
    {
        if (role is not null)
        {
            checks.Add("drill: rights", true, "restored by a role of its own, which owns the scratch database alone and is dropped afterwards", TimeSpan.Zero);
            return;
        }
        var said = $"what the backup contains is executed with the rights of {server.User}, which may not make a role for the drill";
        checks.Add("drill: rights", true, said, TimeSpan.Zero);
        if (File.Exists(BackupSidecar.PathFor(backupPath)))
            reporter.Verbose($"In the drill, {said}.");
        else
            reporter.Warning($"In the drill, {said}. It has no sidecar, so it was not made by this module: stop here if you do not know where it comes from.");
    }

    private static Task CompareAsync(PostgresSideRestore restore, string backupPath, CheckRecorder checks, CancellationToken cancellation) =>
        checks.RunAsync("drill: dumped again, row by row", async () =>
    {
        await using var wanted = new DumpScanner(withFingerprints: true);
        await restore.Tools.RunAsync("pg_restore", ["--file=-"], "", backupPath, wanted, cancellation).ConfigureAwait(false);
        await using var found = new DumpScanner(withFingerprints: true);
        await restore.Tools.RunAsync("pg_dump", ["--no-password"], restore.Side, null, found, cancellation).ConfigureAwait(false);
        var differing = wanted.Fingerprints.Keys.Union(found.Fingerprints.Keys)
            .Where(table => wanted.Fingerprints.GetValueOrDefault(table) != found.Fingerprints.GetValueOrDefault(table)).Order(StringComparer.Ordinal).ToList();
        return differing.Count == 0 && wanted.Rows.SequenceEqual(found.Rows)
            ? (true, (string?)$"{found.Rows.Sum(table => table.Rows)} rows are the same")
            : throw Errors.RestoreCopyDamaged(restore.Side, $"the rows of {string.Join(", ", differing)} differ from the backup's");
    });
}
