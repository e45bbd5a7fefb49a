using System.Text.Json;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>The smoke test of the runbook's fifth step: lists gateways and sandboxes as a user would, and says whether the API works.</summary>
public static class ApiProbe
{
    private const string GatewayList = "/api/gateway/list";

    // A gateway takes some 400 bytes in the list: of tens of thousands, still no failure.
    private const int BodyLimit = 16 * 1024 * 1024;

    /// <summary>Makes the calls, one after the other: ShoreGuard counts them against a limit of 300 a minute.</summary>
    /// <remarks>Throws nothing but <see cref="OperationCanceledException"/>.</remarks>
    public static async Task<ApiReport> ProbeAsync(ApiRequest request, CancellationToken cancellation)
    {
        var checkedAt = DateTimeOffset.UtcNow;
        using var client = new ProbeClient(request.Route, request.Timeout, request.SkipCertificateCheck, request.Token?.Header, BodyLimit);
        var isMeant = request.Gateways.Count == 0 ? _ => true : NamePattern.AnyOf(request.Gateways);
        var list = await AskAsync(client, request, GatewayList, cancellation).ConfigureAwait(false);
        var calls = new List<ApiCall> { ApiJudgement.OfList(list, gateway: null) };
        var gateways = calls[0].Outcome == ApiOutcome.Ok ? ApiJudgement.Gateways(list.Json).Where(gateway => isMeant(gateway.Name)).ToList() : [];
        foreach (var gateway in gateways.Where(gateway => gateway.IsConnected).Take(request.First))
        {
            var sandboxes = $"/api/gateways/{Uri.EscapeDataString(gateway.Name)}/sandboxes";
            await AddAsync(sandboxes, answer => ApiJudgement.OfList(answer, gateway.Name)).ConfigureAwait(false);
        }
        foreach (var path in request.Paths)
            await AddAsync(path, ApiJudgement.OfAny).ConfigureAwait(false);
        return ApiJudgement.Report(request, calls, gateways, isMeant, checkedAt);

        // What keeps one call from an answer keeps the next from it as well.
        async Task AddAsync(string path, Func<ProbeAnswer, ApiCall> judge)
        {
            if (calls[^1].Outcome is not (ApiOutcome.Unreachable or ApiOutcome.RateLimited or ApiOutcome.TokenRefused))
                calls.Add(judge(await AskAsync(client, request, path, cancellation).ConfigureAwait(false)));
        }
    }

    // A limit that ends within the time that the call may take is waited for, once.
    private static async Task<ProbeAnswer> AskAsync(ProbeClient client, ApiRequest request, string path, CancellationToken cancellation)
    {
        var answer = await client.GetAsync(path, cancellation).ConfigureAwait(false);
        if (answer is not { StatusCode: 429, RetryAfter: { } wait } || wait > request.Timeout)
            return answer;
        await Task.Delay(wait, cancellation).ConfigureAwait(false);
        return await client.GetAsync(path, cancellation).ConfigureAwait(false);
    }
}
