using System.IO.Pipelines;
using System.Text;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>One session of <c>psql</c> that is told one thing after the other, and stops at the first error.</summary>
/// <remarks>
/// Only psql reads what <c>pg_restore</c> writes: rows and statements mixed, and its own commands among them. As long as it has not been
/// told to commit, its death is the server's rollback.
/// </remarks>
internal sealed class PsqlSession : IAsyncDisposable
{
    private static readonly string[] Arguments =
        ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose"];

    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(5);

    private readonly Pipe _input = new();
    private readonly Answers _answers = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _running;
    private int _asked;

    private PsqlSession(PostgresTools tools, string database) =>
        _running = RunAsync(tools, database);

    /// <summary>Starts it. That it could not log in is told by the first answer.</summary>
    public static PsqlSession Start(PostgresTools tools, string database) => new(tools, database);

    /// <summary>Whether this place has psql.</summary>
    public static async Task<bool> ExistsAsync(PostgresTools tools, CancellationToken cancellation)
    {
        try
        {
            await tools.RunAsync("psql", ["--version"], "", input: null, Stream.Null, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is PostgresToolException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Tells it something, and waits until it is done.</summary>
    /// <returns>The lines it answered.</returns>
    /// <exception cref="PostgresToolException">The server refused, or psql ended.</exception>
    public async Task<IReadOnlyList<string>> AskAsync(string sql, CancellationToken cancellation)
    {
        var end = $"-- answered {++_asked}";
        await FeedAsync(Encoding.UTF8.GetBytes($"{sql}\n\\echo '{end}'\n"), cancellation).ConfigureAwait(false);
        var answer = _answers.UntilAsync(end);
        await Task.WhenAny(answer, _running).WaitAsync(cancellation).ConfigureAwait(false);
        if (!answer.IsCompleted)
            await FailAsync().ConfigureAwait(false);
        return await answer.ConfigureAwait(false);
    }

    /// <summary>Where a script is written into it; an <see cref="AskAsync"/> after it tells whether all of it went well.</summary>
    public Stream Script => new ScriptStream(this);

    /// <summary>Ends it. What was not committed is rolled back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _input.Writer.CompleteAsync().ConfigureAwait(false);
        if (await Task.WhenAny(_running, Task.Delay(FarewellLimit)).ConfigureAwait(false) != _running)
            await _ending.CancelAsync().ConfigureAwait(false);
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task RunAsync(PostgresTools tools, string database)
    {
        try
        {
            await tools.RunScriptAsync("psql", Arguments, database, _input.Reader.AsStream(), _answers, _ending.Token).ConfigureAwait(false);
        }
        finally
        {
            await _input.Reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask FeedAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        if ((await _input.Writer.WriteAsync(bytes, cancellation).ConfigureAwait(false)).IsCompleted)
            await FailAsync().ConfigureAwait(false);
    }

    // Why it ended says more than that nobody reads any more.
    private async Task FailAsync()
    {
        await _running.ConfigureAwait(false);
        throw new PostgresToolException("psql", 0, "psql ended before it was told to");
    }

    private sealed class ScriptStream(PsqlSession session) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => session.FeedAsync(buffer.ToArray(), CancellationToken.None).AsTask().GetAwaiter().GetResult();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            session.FeedAsync(buffer, cancellationToken);
    }

    // Lines as they come, and who waits for one.
    private sealed class Answers : WriteOnlyStream
    {
        private readonly Lock _gate = new();
        private readonly List<byte> _line = [];
        private readonly List<string> _lines = [];
        private (string End, TaskCompletionSource<IReadOnlyList<string>> Waiting)? _waiting;

        public Task<IReadOnlyList<string>> UntilAsync(string end)
        {
            lock (_gate)
            {
                var waiting = new TaskCompletionSource<IReadOnlyList<string>>(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting = (end, waiting);
                Deliver();
                return waiting.Task;
            }
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            lock (_gate)
            {
                foreach (var value in buffer)
                {
                    if (value != (byte)'\n')
                    {
                        _line.Add(value);
                        continue;
                    }
                    _lines.Add(Encoding.UTF8.GetString([.. _line]).TrimEnd('\r'));
                    _line.Clear();
                }
                Deliver();
            }
        }

        private void Deliver()
        {
            if (_waiting is not { } wanted || _lines.IndexOf(wanted.End) is not (>= 0 and var at))
                return;
            wanted.Waiting.SetResult([.. _lines[..at].Where(line => line.Length > 0)]);
            _lines.RemoveRange(0, at + 1);
            _waiting = null;
        }
    }
}
