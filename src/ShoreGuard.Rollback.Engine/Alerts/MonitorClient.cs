using System.Text.Json;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>Asks a Prometheus or an Alertmanager. What passes by itself is asked again; what does not is an error that says what answers instead.</summary>
internal sealed class MonitorClient : IDisposable
{
    /// <summary>The largest answer that is read, in bytes: some hundred alerts with all their samples.</summary>
    internal const int BodyLimit = 16 * 1024 * 1024;

    /// <summary>So many errors in a row end the asking.</summary>
    internal const int MostErrors = 4;

    private const int LongestReason = 200;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly MonitorEndpoint _endpoint;
    private readonly EndpointRoute _route;
    private readonly ProbeClient _client;
    private readonly IReporter? _reporter;

    public MonitorClient(MonitorEndpoint endpoint, IReporter? reporter)
    {
        _endpoint = endpoint;
        _reporter = reporter;
        _route = EndpointRoute.To(endpoint.Uri);
        _client = new(_route, endpoint.Timeout, endpoint.SkipCertificateCheck, endpoint.Authorization, BodyLimit);
    }

    /// <summary>What it answers with a status of 200 to 299.</summary>
    /// <exception cref="ShoreGuardException">It answers otherwise, or does not.</exception>
    public async Task<ProbeAnswer> GetAsync(string path, CancellationToken cancellation) =>
        Require(await TryAsync(HttpMethod.Get, path, content: null, cancellation).ConfigureAwait(false));

    /// <summary>What it answers, whatever that is; asked again where that may help, and where it cannot have been done already.</summary>
    public async Task<ProbeAnswer> TryAsync(HttpMethod method, string path, string? content, CancellationToken cancellation)
    {
        for (var errors = 1; ; errors++)
        {
            var answer = await _client.SendAsync(method, path, content, cancellation).ConfigureAwait(false);
            if (!IsTransient(answer, mayBeDone: method == HttpMethod.Post) || errors == MostErrors)
                return answer;
            var pause = answer.RetryAfter is { } wanted && wanted > TimeSpan.Zero ? wanted : FirstPause * Math.Pow(2, errors - 1);
            if (pause > LongestPause)
                return answer;
            _reporter?.Verbose($"{_endpoint}: {Reason(answer)}; asked again in {Readable.Duration(pause)}.");
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The answer, where it is one of success.</summary>
    /// <exception cref="ShoreGuardException">It is another.</exception>
    public ProbeAnswer Require(ProbeAnswer answer) => answer is { Failure: ProbeFailure.None, StatusCode: >= 200 and < 300 } ? answer : throw Failure(answer);

    /// <summary>That what answers is something else.</summary>
    public ShoreGuardException Foreign(string what) => Errors.MonitorForeign(_endpoint.Service, _endpoint.Uri, what);

    private static bool IsTransient(ProbeAnswer answer, bool mayBeDone) => mayBeDone
        ? answer is { Failure: ProbeFailure.Refused } or { StatusCode: 429 or 503 }
        : answer is { Failure: ProbeFailure.Refused or ProbeFailure.Unreachable or ProbeFailure.Timeout or ProbeFailure.Broken }
            or { StatusCode: 429 or >= 500 };

    private ShoreGuardException Failure(ProbeAnswer answer) => answer switch
    {
        { Failure: ProbeFailure.TooLarge } => Errors.MonitorAnswerTooLarge(_endpoint.Service, _endpoint.Uri, answer.Error!),
        { Failure: ProbeFailure.Tls } => Errors.MonitorTlsFailed(_endpoint.Service, _endpoint.Uri, answer.Error!),
        { Failure: not ProbeFailure.None } => Errors.MonitorUnreachable(_endpoint.Service, _endpoint.Uri, answer.Error!),
        { StatusCode: (401 or 403 or 407) and { } status } =>
            Errors.MonitorDenied(_endpoint.Service, _endpoint.Uri, status, _endpoint.Authorization is not null),
        { StatusCode: 429 } => Errors.MonitorRateLimited(_endpoint.Service, _endpoint.Uri, answer.RetryAfter),
        { StatusCode: 400 or 422 } when Said(answer) is { } said => Errors.MonitorRequestRefused(_endpoint.Service, _endpoint.Uri, said),
        { StatusCode: >= 500 } => Errors.MonitorFailed(_endpoint.Service, _endpoint.Uri, Reason(answer)),
        _ => Foreign(Reason(answer)),
    };

    private static string Reason(ProbeAnswer answer) =>
        answer.StatusCode is not { } status || answer.Failure != ProbeFailure.None || answer.Location is not null
            ? answer.Error ?? "no answer"
            : $"HTTP {status}{((Said(answer) ?? answer.Error) is { } said ? $", {said}" : "")}";

    // Prometheus: {"status":"error","error":"…"}; Alertmanager: a text, or {"code":…,"message":"…"}.
    private static string? Said(ProbeAnswer answer)
    {
        var said = answer.Json.ValueKind == JsonValueKind.String ? answer.Json.GetString() : answer.Text("error") ?? answer.Text("message");
        if (string.IsNullOrWhiteSpace(said))
            return null;
        var text = SecretScrubber.Scrub(said.Trim()).TrimEnd('.');
        return text.Length <= LongestReason ? text : text[..LongestReason];
    }

    public void Dispose()
    {
        _client.Dispose();
        _route.Dispose();
    }
}
