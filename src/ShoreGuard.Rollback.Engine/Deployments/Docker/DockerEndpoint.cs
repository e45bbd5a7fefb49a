using System.IO.Pipes;
using System.Net.Sockets;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Where a Docker Engine listens: <c>unix:///path</c>, <c>npipe://./pipe/name</c> or <c>tcp://host:port</c>.</summary>
internal sealed record DockerEndpoint(Uri Uri)
{
    /// <summary>From <c>-DockerHost</c>, else <c>DOCKER_HOST</c>, else the platform's default.</summary>
    /// <exception cref="ShoreGuardException"><c>DockerHostInvalid</c>.</exception>
    public static DockerEndpoint Resolve(string? dockerHost)
    {
        var text = FirstNonEmpty(dockerHost, Environment.GetEnvironmentVariable("DOCKER_HOST"))
            ?? (OperatingSystem.IsWindows() ? "npipe://./pipe/docker_engine" : "unix:///var/run/docker.sock");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("unix" or "npipe" or "tcp" or "http" or "https"))
            throw Errors.DockerHostInvalid(text);
        return new(uri);
    }

    /// <summary>As the operator wrote it.</summary>
    public override string ToString() => Uri.OriginalString;

    /// <summary>An HTTP client whose requests go to this endpoint, for the calls in which nothing may be lost on the way.</summary>
    public HttpClient CreateHttpClient()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (Uri.Scheme is "unix" or "npipe")
            handler.ConnectCallback = (_, token) => OpenAsync(token);
        var address = Uri.Scheme switch
        {
            "unix" or "npipe" => new Uri("http://docker"),
            "tcp" => new UriBuilder(Uri) { Scheme = "http" }.Uri,
            _ => Uri,
        };
        return new HttpClient(handler) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
    }

    private async ValueTask<Stream> OpenAsync(CancellationToken token)
    {
        if (Uri.Scheme == "npipe")
        {
            var pipe = new NamedPipeClientStream(".", Path.GetFileName(Uri.AbsolutePath), PipeDirection.InOut, PipeOptions.Asynchronous);
            await pipe.ConnectAsync(10_000, token).ConfigureAwait(false);
            return pipe;
        }
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Uri.AbsolutePath), token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string? FirstNonEmpty(params string?[] values) => values.FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));
}
