using System.Net.Sockets;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Where a Docker Engine listens: <c>unix:///path</c>, <c>npipe:////./pipe/name</c> or <c>tcp://host:port</c>.</summary>
/// <param name="Uri">The address, as Docker.DotNet reads it.</param>
/// <param name="Tls">The certificates for it; null without TLS.</param>
/// <param name="Pipe">The named pipe that it is; null when it is none.</param>
internal sealed record DockerEndpoint(Uri Uri, DockerTls.Loaded? Tls = null, DockerPipe? Pipe = null)
{
    /// <summary>
    /// From <c>-DockerHost</c> (an address or a context's name), else <c>DOCKER_HOST</c>, else the chosen context, else the platform's
    /// default: in the order of the docker command.
    /// </summary>
    /// <exception cref="ShoreGuardException"><c>DockerHostInvalid</c>, <c>DockerConfigUnreadable</c>, <c>DockerCertificateInvalid</c>.</exception>
    public static DockerEndpoint Resolve(string? dockerHost)
    {
        var text = FirstNonEmpty(dockerHost, Environment.GetEnvironmentVariable("DOCKER_HOST"));
        var context = text is null ? DockerContext.Current() : text.Contains("://", StringComparison.Ordinal) ? null : DockerContext.Find(text);
        text = context?.Host ?? text ?? (OperatingSystem.IsWindows() ? "npipe:////./pipe/docker_engine" : "unix:///var/run/docker.sock");
        if (DockerPipe.TryParse(text) is { } pipe)
            return new(pipe.Uri, Pipe: pipe);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("unix" or "tcp" or "http" or "https"))
            throw uri?.Scheme == "ssh" ? Errors.DockerHostNeedsTunnel(uri) : Errors.DockerHostInvalid(text);
        return new(uri, uri.Scheme is "tcp" or "https" ? FindTls(text, context)?.Load() : null);
    }

    /// <summary>The address, as the operator or the context wrote it; of a pipe, as the docker command writes it, so that every spelling is one
    /// engine.</summary>
    public override string ToString() => Pipe?.ToString() ?? Uri.OriginalString;

    /// <summary>An HTTP client whose requests go to this endpoint, for the calls in which nothing may be lost on the way.</summary>
    public HttpClient CreateHttpClient()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (Uri.Scheme is "unix" or "npipe")
            handler.ConnectCallback = (_, token) => OpenAsync(token);
        if (Tls is not null)
            handler.SslOptions = Tls.Options;
        var address = Uri.Scheme switch
        {
            "unix" or "npipe" => new Uri("http://docker"),
            "tcp" => new UriBuilder(Uri) { Scheme = Tls is null ? "http" : "https" }.Uri,
            _ => Uri,
        };
        return new HttpClient(handler) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
    }

    // A deployment remembers its engine by the address alone, so a context's certificates are found by it again.
    private static DockerTls? FindTls(string host, DockerContext? context) =>
        context is not null ? context.Tls : DockerTls.FromEnvironment() ?? DockerContext.At(host)?.Tls;

    private async ValueTask<Stream> OpenAsync(CancellationToken token)
    {
        if (Pipe is not null)
            return await Pipe.ConnectAsync(token).ConfigureAwait(false);
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
