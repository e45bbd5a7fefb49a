using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;

/// <summary>Python inside a container, which works on a SQLite file there as we do on one here.</summary>
internal sealed class SqliteAgent : IAsyncDisposable
{
    private static readonly string Script = string.Join('\n', ((string[])["look.py", "restore.py", "serve.py"]).Select(ReadResource));

    private readonly IContainerEngine _engine;
    private readonly ContainerConversation _conversation;
    private readonly HelperContainer? _helper;

    private SqliteAgent(IContainerEngine engine, string containerId, ContainerConversation conversation, HelperContainer? helper)
    {
        _engine = engine;
        ContainerId = containerId;
        _conversation = conversation;
        _helper = helper;
    }

    /// <summary>The container whose files it sees.</summary>
    public string ContainerId { get; }

    /// <summary>Where it has a copy of the database; null when it has the database itself.</summary>
    public string? MovedTo { get; set; }

    /// <summary>Whether it has ended, or has been left in the middle of something: then it is of no use any more.</summary>
    public bool IsLost { get; private set; }

    /// <summary>In a one-off container that has the application's volumes; whether the application runs is no matter.</summary>
    public static async Task<SqliteAgent> BesideAsync(IContainerEngine engine, ContainerView application, CancellationToken cancellation) =>
        Of(engine, await HelperContainer.BesideAsync(engine, application, Script, cancellation).ConfigureAwait(false));

    /// <summary>In a one-off container that has nothing but the application's image.</summary>
    public static async Task<SqliteAgent> AloneAsync(IContainerEngine engine, ContainerView application, CancellationToken cancellation) =>
        Of(engine, await HelperContainer.AloneAsync(engine, application, Script, cancellation).ConfigureAwait(false));

    /// <summary>In a running container itself.</summary>
    public static async Task<SqliteAgent> InsideAsync(IContainerEngine engine, string containerId, CancellationToken cancellation)
    {
        var stream = await engine.AttachExecAsync(containerId, ["python3", "-I", "-S", "-c", Script], cancellation, user: "0:0").ConfigureAwait(false);
        return new(engine, containerId, new(stream), null);
    }

    private static SqliteAgent Of(IContainerEngine engine, HelperContainer helper) => new(engine, helper.Id, helper.Conversation, helper);

    /// <summary>Has something done.</summary>
    /// <param name="work">The function of the script, and its arguments.</param>
    /// <param name="cancellation">Stops waiting; the agent is of no use after that.</param>
    /// <exception cref="SqliteAgentException">It could not be done.</exception>
    /// <exception cref="ShoreGuardException"><c>AgentLost</c>.</exception>
    public async Task<JsonNode?> AskAsync(JsonObject work, CancellationToken cancellation)
    {
        // Until the answer is there.
        IsLost = true;
        try
        {
            var answer = await _conversation.AskAsync(work, cancellation).ConfigureAwait(false);
            IsLost = false;
            return answer.Text("problem") is { } problem ? throw new SqliteAgentException(problem, answer.Text("text") ?? problem) : answer["ok"];
        }
        catch (ContainerProgramException error)
        {
            throw error.Message.Contains("executable file not found", StringComparison.Ordinal)
                || error.Message.Contains("ModuleNotFoundError", StringComparison.Ordinal)
                ? Errors.PythonMissing(ContainerId, error)
                : Errors.AgentLost(ContainerId, error);
        }
    }

    /// <summary>Puts a file of this machine into the container, readable by its owner alone.</summary>
    public async Task SendAsync(string file, string path, IReporter reporter, CancellationToken cancellation) =>
        await ContainerFiles.SendAsync(_engine, ContainerId, file, path, reporter, cancellation).ConfigureAwait(false);

    /// <summary>Fetches a file out of the container into one that is there already.</summary>
    public async Task FetchAsync(string path, HeldFile file, IReporter reporter, CancellationToken cancellation) =>
        await ContainerFiles.FetchAsync(_engine, ContainerId, path, file, reporter, cancellation).ConfigureAwait(false);

    private static string ReadResource(string name)
    {
        using var reader = new StreamReader(typeof(SqliteAgent).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>Ends it; every lock it holds is let go.</summary>
    public async ValueTask DisposeAsync()
    {
        _conversation.Dispose();
        if (_helper is not null)
            await _helper.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>What the script says when something could not be done.</summary>
/// <param name="problem">Its word for it: <c>missing</c>, <c>folder</c>, <c>empty</c>, <c>foreign</c>, <c>damaged</c>, <c>busy</c>, <c>denied</c>,
/// <c>full</c>, <c>disturbed</c>, <c>unreadable</c>.</param>
/// <param name="text">Why, for people.</param>
internal sealed class SqliteAgentException(string problem, string text) : Exception(text)
{
    /// <inheritdoc cref="SqliteAgentException(string, string)" path="/param[@name='problem']"/>
    public string Problem => problem;
}
