using System.Net;
using System.Text;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>The stack's registry by another port on loopback, with faults that a real one shows only on a bad day.</summary>
internal sealed class RegistryProxy : IDisposable
{
    private const string ManifestKinds = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
        + "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, */*";

    private readonly HttpListener _listener = new();
    private readonly HttpClient _registry = new(
        new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{Stack.Repository.Split('/')[0]}") };
    private readonly CancellationTokenSource _stop = new();
    private readonly string _host;

    public RegistryProxy()
    {
        _host = $"127.0.0.1:{StandInProject.FreePort()}";
        _listener.Prefixes.Add($"http://{_host}/");
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Never answers when a manifest is asked for.</summary>
    public bool HoldsManifests { get; set; }
    /// <summary>Sends half of each layer, then closes the connection.</summary>
    public bool CutsLayers { get; set; }
    /// <summary>Sends half of each layer, and nothing more.</summary>
    public bool HoldsLayers { get; set; }

    /// <summary>Answers only who says that he is this one, <c>user:password</c>.</summary>
    public string? OnlyFor { get; set; }

    /// <summary>The reference of the stack's image by this way.</summary>
    public string Image(string image) => _host + image[image.IndexOf('/', StringComparison.Ordinal)..];

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
            _ = ServeAsync(await _listener.GetContextAsync());
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        try
        {
            var path = context.Request.RawUrl!;
            if (HoldsManifests && path.Contains("/manifests/", StringComparison.Ordinal))
                await Task.Delay(Timeout.Infinite, _stop.Token);
            if (OnlyFor is { } pair && context.Request.Headers["Authorization"] != "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)))
            {
                context.Response.StatusCode = 401;
                context.Response.AddHeader("WWW-Authenticate", "Basic realm=\"private\"");
                context.Response.Close();
                return;
            }
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.HttpMethod), path);
            // HttpListener keeps one of several headers of the same name, and the engine sends one for each kind of manifest.
            request.Headers.TryAddWithoutValidation("Accept", ManifestKinds);
            using var answer = await _registry.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers)
                .Where(header => header.Key is "Docker-Content-Digest" or "Content-Type" or "Docker-Distribution-Api-Version" or "Etag"))
                context.Response.Headers[name] = string.Join(", ", values);
            // A long list of tags is sent in chunks, without a length.
            var content = context.Request.HttpMethod == "HEAD" ? null : await answer.Content.ReadAsByteArrayAsync(_stop.Token);
            context.Response.ContentLength64 = answer.Content.Headers.ContentLength ?? content?.Length ?? 0;
            if (content is not null)
                await SendAsync(context, path, content);
            context.Response.Close();
        }
        catch (Exception error) when (error is HttpListenerException or HttpRequestException or IOException or OperationCanceledException or InvalidOperationException)
        {
            context.Response.Abort();
        }
    }

    private async Task SendAsync(HttpListenerContext context, string path, byte[] content)
    {
        // A configuration is a blob too, and small.
        var isLayer = path.Contains("/blobs/", StringComparison.Ordinal) && content.Length > 100_000;
        if (!isLayer || !(CutsLayers || HoldsLayers))
        {
            await context.Response.OutputStream.WriteAsync(content, _stop.Token);
            return;
        }
        await context.Response.OutputStream.WriteAsync(content.AsMemory(0, content.Length / 2), _stop.Token);
        await context.Response.OutputStream.FlushAsync(_stop.Token);
        if (HoldsLayers)
            await Task.Delay(Timeout.Infinite, _stop.Token);
        context.Response.Abort();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Close();
        _registry.Dispose();
        _stop.Dispose();
    }
}
