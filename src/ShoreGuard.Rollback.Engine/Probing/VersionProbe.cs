using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Asks an endpoint which build it is.</summary>
public static class VersionProbe
{
    internal const string Path = "/version";

    /// <summary>The build that answers at the endpoint.</summary>
    /// <exception cref="ShoreGuardException">One of the ids of <c>Errors.Probing</c>.</exception>
    public static async Task<BuildIdentity> GetAsync(EndpointRoute route, TimeSpan timeout, bool skipCertificateCheck, CancellationToken cancellation)
    {
        using var client = new ProbeClient(route, timeout, skipCertificateCheck);
        var answer = await client.GetAsync(Path, cancellation).ConfigureAwait(false);
        return Read(answer, route.Uri, route.Kind) ?? throw Failure(answer, route, timeout);
    }

    /// <summary>The identity in an answer; null when it holds none.</summary>
    internal static BuildIdentity? Read(ProbeAnswer answer, Uri endpoint, ProbeRoute route)
    {
        if (answer.StatusCode != 200 || answer.Text("version") is not { } version)
            return null;
        return new()
        {
            Version = Known(version),
            GitSha = Known(answer.Text("git_sha")),
            BuildTime = DateTimeOffset.TryParse(Known(answer.Text("build_time")), CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null,
            Source = Endpoint.At(endpoint, Path).ToString(),
            Route = route,
        };
    }

    /// <summary>Why an answer of <c>/version</c> is no use; null when it is.</summary>
    internal static string? Problem(ProbeAnswer answer) => answer switch
    {
        { Error: { } error } => error,
        { StatusCode: not 200 } => $"HTTP {answer.StatusCode}",
        _ when answer.Text("version") is null => "JSON, but not ShoreGuard's",
        _ => null,
    };

    private static string? Known(string? value) =>
        string.IsNullOrWhiteSpace(value) || value.Equals("unknown", StringComparison.OrdinalIgnoreCase) ? null : value;

    private static ShoreGuardException Failure(ProbeAnswer answer, EndpointRoute route, TimeSpan timeout) => answer switch
    {
        { Failure: ProbeFailure.Timeout } => Errors.EndpointTimeout(route.Uri, route.Kind, timeout),
        { Failure: ProbeFailure.Tls } => Errors.EndpointTlsFailed(route.Uri, answer.Error!),
        { StatusCode: null } => Errors.EndpointUnreachable(route.Uri, route.Kind, answer.Error!),
        { Location: { } elsewhere } => Errors.EndpointRedirected(route.Uri, elsewhere),
        { StatusCode: 401 or 403 } => Errors.EndpointDenied(route.Uri, answer.StatusCode.Value),
        { StatusCode: 429 or >= 500 } => Errors.EndpointFailed(route.Uri, answer.StatusCode.Value),
        _ => Errors.EndpointNotShoreGuard(route.Uri, answer.StatusCode == 200 ? Problem(answer)! : $"HTTP {answer.StatusCode}"),
    };
}
