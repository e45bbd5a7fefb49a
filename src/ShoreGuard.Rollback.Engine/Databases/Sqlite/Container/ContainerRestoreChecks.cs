using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;

/// <summary>Whether a restore inside a container can go at all.</summary>
internal static class ContainerRestoreChecks
{
    /// <summary>Proves the backup, here.</summary>
    public static DatabaseContents Prove(ContainerSite site, string backupPath, CheckRecorder checks, RestoreOptions options, CancellationToken cancellation)
    {
        SqliteRestoreChecks.Source(backupPath, DeploymentDatabase.HostPath(site.Application, site.Path) ?? "");
        return SqliteProof.Prove(backupPath, "backup", SqliteRestoreChecks.SourceVerdicts(backupPath), checks, danglingAllowed: options.Force, cancellation);
    }

    /// <summary>A kept database by its path inside, and proves it there.</summary>
    /// <param name="site">Where the database is.</param>
    /// <param name="agent">Who sees the file.</param>
    /// <param name="file">The kept database, where the agent sees it.</param>
    /// <param name="shown">The same for people.</param>
    /// <param name="checks">Where the proof is noted.</param>
    /// <param name="options">Whether one that is not whole is put back all the same; then nothing is known of it.</param>
    /// <param name="reporter">Where that is said.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<DatabaseContents?> ProveKeptAsync(
        ContainerSite site, SqliteAgent agent, string file, string shown, CheckRecorder checks, RestoreOptions options, IReporter reporter,
        CancellationToken cancellation)
    {
        try
        {
            return await checks.RunAsync("kept database: quick_check, revision and rows", async () =>
            {
                var contents = AgentAnswers.Contents(
                    await agent.AskAsync(new() { ["do"] = "examine", ["path"] = file, ["dangling_allowed"] = true }, cancellation).ConfigureAwait(false));
                return (contents, (string?)contents.Describe());
            }).ConfigureAwait(false);
        }
        catch (SqliteAgentException error) when (error.Problem == "missing")
        {
            throw Errors.KeptMissing(shown, []);
        }
        catch (SqliteAgentException error) when (error.Problem is "damaged" or "foreign" or "empty")
        {
            var damaged = Errors.KeptDamaged(shown, error.Message, error);
            if (!options.Force)
                throw damaged;
            reporter.Warning($"{Errors.Finding(damaged)}. It is put back nevertheless.");
            return null;
        }
        catch (SqliteAgentException error)
        {
            throw Errors.FromAgent(site.LocationOf(file), error.Problem, error);
        }
    }

    /// <summary>Looks at the target from outside.</summary>
    public static void Target(ContainerSite site, JsonNode look, long needed, RestoreOptions options)
    {
        var folder = site.LocationOf(ContainerFiles.FolderOf(look.Text("path")!));
        if (AgentAnswers.Flag(look, "isFolder"))
            throw Errors.DatabaseIsFolder(site.Location);
        if (!AgentAnswers.Flag(look, "hasFolder"))
            throw Errors.DatabaseFolderMissing(folder);
        if (!AgentAnswers.Flag(look, "isWritable"))
            throw Errors.DatabaseFolderNotWritable(folder);
        // As on this machine: the old database stays, so the whole backup has to fit beside it.
        if (AgentAnswers.Number(look, "free") is var free && free < needed + (1 << 20))
            throw Errors.DiskFull(folder, needed, free);
        if (AgentAnswers.Flag(look, "isForeign") && !options.Force)
            throw Errors.RestoreForeign(site.Location);
    }
}
