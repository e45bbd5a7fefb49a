using System.Globalization;
using System.Text;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>How long the stop of a running application may take: all of it is outage where the old container is stopped before the new one starts.</summary>
/// <remarks>
/// ShoreGuard's server waits for open streams for <c>SHOREGUARD_GRACEFUL_SHUTDOWN_TIMEOUT</c>, 15 s by default (<c>shoreguard/settings.py</c>); the
/// engine ends a container that has not stopped after its own stop time, 10 s by default (docs.docker.com, "docker container stop").
/// </remarks>
internal static class StopForecast
{
    private const int DefaultGraceful = 15, DefaultStop = 10;
    private const string Established = "01"; // include/net/tcp_states.h
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3), Apart = TimeSpan.FromMilliseconds(700);

    /// <summary>A sentence about it; null where nothing is connected, or where that cannot be told.</summary>
    public static async Task<string?> DescribeAsync(IContainerEngine engine, ContainerView container, CancellationToken cancellation)
    {
        var (id, port) = (container.Id, ContainerEndpoint.Inside(container).Port);
        var open = await ReadAsync(engine, id, port, cancellation).ConfigureAwait(false);
        if (open.Count == 0)
            return null;
        // What asks something, as the plan itself does at this moment, is gone by then; a stream is not.
        await Task.Delay(Apart, engine.Clock, cancellation).ConfigureAwait(false);
        open.IntersectWith(await ReadAsync(engine, id, port, cancellation).ConfigureAwait(false));
        if (open.Count == 0)
            return null;
        var limit = container.StopTimeout ?? DefaultStop;
        var graceful = int.TryParse(container.Variable("SHOREGUARD_GRACEFUL_SHUTDOWN_TIMEOUT"), out var set) ? set : DefaultGraceful;
        var (time, end) = limit <= graceful
            ? (limit, $"the engine then ends it the hard way. Close the stream, or set stop_grace_period of its service to more than {graceful}s")
            : (graceful, "which is outage. Close the stream");
        return $"{open.Count} connection{(open.Count == 1 ? " is" : "s are")} open to it. If one of them is a stream, such as a log in a browser, its stop "
            + $"takes {time} s, and {end}.";
    }

    private static async Task<HashSet<string>> ReadAsync(IContainerEngine engine, string id, int port, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            using var output = new MemoryStream();
            // Without IPv6 there is no second file, and the first is printed all the same.
            await engine.ExecAsync(id, ["cat", "/proc/net/tcp", "/proc/net/tcp6"], new Dictionary<string, string>(), output, patience.Token)
                .ConfigureAwait(false);
            return Connections(Encoding.ASCII.GetString(output.ToArray()), port);
        }
        catch (Exception error) when (error is ShoreGuardException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return [];
        }
    }

    /// <summary>The far ends of the connections to a port that are established, by the kernel's table (proc_pid_net(5)).</summary>
    internal static HashSet<string> Connections(string table, int port)
    {
        var end = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return [.. table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 3 && fields[1].EndsWith(end, StringComparison.Ordinal) && fields[3] == Established).Select(fields => fields[2])];
    }
}
