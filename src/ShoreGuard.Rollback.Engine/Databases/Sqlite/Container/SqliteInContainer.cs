using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;

/// <summary>A SQLite file in a volume or folder of an application's container that is worked on there, in a one-off container beside the application.</summary>
internal sealed class SqliteInContainer(ContainerSite site, string name) : IDatabase
{
    public DatabaseKind Kind => DatabaseKind.Sqlite;

    public DatabaseTransport Transport => DatabaseTransport.Container;

    public string Name => name;

    public string Location => site.Location;

    public Task<IAsyncDisposable?> LockAsync(string who, CancellationToken cancellation) => Task.FromResult<IAsyncDisposable?>(null);

    public async Task<DatabaseReport> DescribeAsync(CancellationToken cancellation)
    {
        await using var agent = await site.OpenAsync(cancellation).ConfigureAwait(false);
        var found = await site.AskAsync(agent, "describe", cancellation).ConfigureAwait(false);
        var contents = AgentAnswers.Contents(found);
        return new DatabaseReport
        {
            Kind = Kind,
            Transport = Transport,
            Database = Name,
            Location = Location,
            ServerVersion = $"SQLite {found.Text("version")}, in a container",
            Size = AgentAnswers.Number(found, "size"),
            Revision = contents.Revision!,
            Rows = contents.Rows,
        };
    }

    public async Task<IReadOnlyList<string>> ReadRevisionsAsync(CancellationToken cancellation) =>
        (await ReadSchemaAsync([], cancellation).ConfigureAwait(false)).Revisions;

    public async Task<SchemaContents> ReadSchemaAsync(IReadOnlyList<TableColumn> columns, CancellationToken cancellation)
    {
        await using var agent = await site.OpenAsync(cancellation).ConfigureAwait(false);
        var asked = new JsonArray([.. columns.Select(column => new JsonArray(column.Table, column.Column))]);
        var found = await site.AskAsync(agent, new JsonObject { ["do"] = "schema", ["path"] = agent.MovedTo ?? site.Path, ["columns"] = asked }, cancellation)
            .ConfigureAwait(false);
        var values = (found.At("values") as JsonArray ?? []).Zip(columns, (count, column) => (Column: column, Count: count.Number()));
        return new(found.Texts("revisions"), AgentAnswers.Rows(found),
            values.Where(each => each.Count is not null).ToDictionary(each => each.Column, each => each.Count!.Value));
    }

    public async Task<string> ReadMarkAsync(CancellationToken cancellation)
    {
        await using var agent = await site.OpenAsync(cancellation).ConfigureAwait(false);
        var found = await site.AskAsync(agent, new JsonObject { ["do"] = "mark", ["path"] = agent.MovedTo ?? site.Path }, cancellation).ConfigureAwait(false);
        return found is JsonObject digests ? digests.ToJsonString() : throw AgentAnswers.Malformed("mark");
    }

    public async Task<IReadOnlySet<string>> FindChangedAsync(string mark, CancellationToken cancellation) =>
        SqliteMark.Differences(mark, await ReadMarkAsync(cancellation).ConfigureAwait(false));

    public async Task<KeptDatabase?> FindKeptAsync(string kept, CancellationToken cancellation)
    {
        var (container, path) = (site.Application.Id, ContainerSite.InsideOf(kept));
        return await site.Engine.FindFileAsync(container, path, cancellation).ConfigureAwait(false) is { Size: var size }
            ? new(kept, size, $"docker exec --user 0 {site.Deployment.Name} rm {path}")
            : null;
    }

    public async Task RemoveKeptAsync(string kept, CancellationToken cancellation)
    {
        await using var agent = await site.OpenAsync(cancellation).ConfigureAwait(false);
        await site.AskAsync(agent, new JsonObject { ["do"] = "remove", ["path"] = ContainerSite.InsideOf(kept) }, cancellation).ConfigureAwait(false);
    }

    public Task<Backup> BackupAsync(string folder, BuildIdentity? identity, IReporter reporter, CancellationToken cancellation) =>
        SqliteBackup.MakeAsync(this, folder, identity, destination => CopyAsync(destination, reporter, cancellation), reporter, cancellation);

    public Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        site.PlanRestoreAsync(backupPath, options, reporter, cancellation);

    public Task<IRestore> PlanUndoAsync(string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        site.PlanUndoAsync(kept, options, reporter, cancellation);

    private async Task CopyAsync(HeldFile destination, IReporter reporter, CancellationToken cancellation)
    {
        reporter.Progress(new($"Backing up {name}", "Copying it inside the container"));
        await using var agent = await site.OpenAsync(cancellation).ConfigureAwait(false);
        // In the container's own layer, never in the volume.
        var copy = $"/shoreguard-backup-{Guid.NewGuid():n}";
        try
        {
            var made = await site.AskAsync(agent, new JsonObject { ["do"] = "backup", ["path"] = agent.MovedTo ?? site.Path, ["to"] = copy }, cancellation)
                .ConfigureAwait(false);
            await agent.FetchAsync(copy, destination, reporter, cancellation).ConfigureAwait(false);
            if (await BackupChecksum.HashAsync(destination.Path, cancellation).ConfigureAwait(false) != made.Text("sha256"))
                throw Errors.DumpFailed(name, "what came out of the container is not what was copied there");
        }
        catch (IOException error)
        {
            throw Errors.BackupNotWritable(System.IO.Path.GetDirectoryName(destination.Path)!, error);
        }
        finally
        {
            await site.ForgetAsync(agent, copy).ConfigureAwait(false);
        }
    }
}

/// <summary>Where a SQLite file is among an application's files, and who can work on it there.</summary>
internal abstract class ContainerSite(IContainerEngine engine, Deployment deployment, ContainerView application, string path)
{
    public IContainerEngine Engine => engine;
    public Deployment Deployment => deployment;
    public ContainerView Application => application;

    /// <summary>Inside the container, as the application's URL says.</summary>
    public string Path => path;

    /// <summary>As the docker command writes it.</summary>
    public string Location => LocationOf(path);

    /// <summary>A path inside the container, as the docker command writes it.</summary>
    public string LocationOf(string inside) => $"{deployment.Name}:{inside}";

    /// <summary>Somebody who sees the file.</summary>
    public abstract Task<SqliteAgent> OpenAsync(CancellationToken cancellation);

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public abstract Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation);

    /// <inheritdoc cref="IDatabase.PlanUndoAsync"/>
    public abstract Task<IRestore> PlanUndoAsync(string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation);

    /// <summary>The path inside of what <see cref="LocationOf"/> gave.</summary>
    public static string InsideOf(string location) => location[(location.IndexOf(":/", StringComparison.Ordinal) + 1)..];

    /// <summary>Takes a file away that was made for us, where it would outlive the agent.</summary>
    public virtual Task ForgetAsync(SqliteAgent agent, string file) => Task.CompletedTask;

    /// <summary>Has something done with the database.</summary>
    public Task<JsonNode?> AskAsync(SqliteAgent agent, string work, CancellationToken cancellation) =>
        AskAsync(agent, new JsonObject { ["do"] = work, ["path"] = agent.MovedTo ?? path }, cancellation);

    /// <summary>Has something done with the database, and says its failures in our words.</summary>
    public async Task<JsonNode?> AskAsync(SqliteAgent agent, JsonObject work, CancellationToken cancellation)
    {
        try
        {
            return await agent.AskAsync(work, cancellation).ConfigureAwait(false);
        }
        catch (SqliteAgentException error)
        {
            throw Errors.FromAgent(Location, error.Problem, error);
        }
    }
}

/// <summary>Reads the agent's answers.</summary>
internal static class AgentAnswers
{
    /// <summary>Revision and rows; null for none.</summary>
    public static DatabaseContents? TryContents(JsonNode? answer) =>
        answer.Text("revision") is { } revision
            ? new(revision, Rows(answer))
            : null;

    /// <summary>The rows of every table.</summary>
    public static IReadOnlyList<TableRows> Rows(JsonNode? answer) =>
        [.. (answer.At("rows") as JsonArray ?? [])
            .Select(row => row is JsonArray { Count: 2 } pair && pair[0].Text() is { } table && pair[1].Number() is { } rows
            ? new TableRows { Table = table, Rows = rows } : throw Malformed("rows"))];

    /// <summary>Revision and rows.</summary>
    public static DatabaseContents Contents(JsonNode? answer) => TryContents(answer) ?? throw Malformed("revision");

    /// <summary>A number.</summary>
    public static long Number(JsonNode? answer, string name) => answer.Number(name) ?? throw Malformed(name);

    /// <summary>Whether something holds.</summary>
    public static bool Flag(JsonNode? answer, string name) =>
        answer.At(name) is JsonValue value && value.TryGetValue<bool>(out var set) ? set : throw Malformed(name);

    // It is the application's Python that answers, in the application's image.
    /// <summary>An answer that is none.</summary>
    public static ShoreGuardException Malformed(string name) => Errors.AgentAnswerInvalid(name);
}
