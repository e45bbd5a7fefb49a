using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>What is sent as <c>Authorization</c>: nothing at first, then what the registry's challenge asks for.</summary>
/// <remarks>The flow of distribution/distribution (<c>docs/spec/auth</c>): Basic, or a token from the service that the challenge names.</remarks>
/// <param name="http">Asks for tokens; follows no redirect, since a credential is for the one who was named.</param>
/// <param name="registry">The registry.</param>
/// <param name="known">The credential for it.</param>
internal sealed class RegistryAuthorization(HttpClient http, RegistryLocation registry, CredentialLookup known) : IDisposable
{
    private const string ClientId = "shoreguard-rollback";
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>What is sent now.</summary>
    public AuthenticationHeaderValue? Current { get; private set; }

    /// <summary>Gets a new one after a 401. Of many requests that are refused at the same time, one asks.</summary>
    /// <param name="used">What the refused request was sent with.</param>
    /// <param name="refusal">The refusal.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="ShoreGuardException"><c>RegistryDenied</c>, <c>RegistryUnreachable</c>.</exception>
    public async Task RenewAsync(AuthenticationHeaderValue? used, HttpResponseMessage refusal, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (ReferenceEquals(used, Current))
                Current = await AnswerAsync(Challenges(refusal), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The refusal in words, with what is known about the credential.</summary>
    public ShoreGuardException Denied(string why) => Errors.RegistryRefuses(registry.Repository, (known.Credential, known.Problem) switch
    {
        (_, { } problem) => $"{why}, and {problem}",
        ({ } credential, _) => $"{why} to {credential}",
        _ => $"{why}, and no credential for {registry.Server} is known",
    });

    private static List<AuthenticationChallenge> Challenges(HttpResponseMessage refusal) =>
        refusal.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values) ? [.. values.SelectMany(AuthenticationChallenge.Parse)] : [];

    private async Task<AuthenticationHeaderValue> AnswerAsync(List<AuthenticationChallenge> challenges, CancellationToken cancellation)
    {
        if (challenges.Find(challenge => challenge.Is("Bearer") && challenge["realm"] is not null) is { } bearer)
            return new("Bearer", await GetTokenAsync(bearer, cancellation).ConfigureAwait(false));
        if (!challenges.Exists(challenge => challenge.Is("Basic")))
            throw Denied("it wants to know who asks, in a way that is not known here");
        return known.Credential is { Password: not null } credential ? Basic(credential) : throw Denied("it wants a user and a password");
    }

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Password}")));

    private async Task<string> GetTokenAsync(AuthenticationChallenge challenge, CancellationToken cancellation)
    {
        using var request = TokenRequest(challenge);
        try
        {
            using var answer = await http.SendAsync(request, cancellation).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                throw Denied($"its token service {request.RequestUri!.Host} gives no token");
            if (answer.Headers.Location is { } elsewhere && (int)answer.StatusCode is >= 300 and < 400)
                throw Denied($"its token service {request.RequestUri!.Host} sends to {Place(new(request.RequestUri, elsewhere))}, where no credential is sent");
            if (!answer.IsSuccessStatusCode)
                throw Errors.RegistryNotAnswering(
                    registry.Repository, $"its token service {request.RequestUri!.Host} answers with HTTP {(int)answer.StatusCode}");
            var body = Json.Parse(await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
            var token = body.Text("token") ?? body.Text("access_token") ?? throw Denied($"its token service {request.RequestUri!.Host} gives no token");
            // Of anything else no header can be made (RFC 6750, 2.1).
            return token.All(each => each is > ' ' and <= '~') ? token : throw Denied($"what its token service {request.RequestUri!.Host} gives is no token");
        }
        catch (Exception error) when (error is HttpRequestException or JsonException
            || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Errors.RegistryNotAnswering(
                registry.Repository, $"its token service {request.RequestUri!.Host} gives no answer: {Errors.Reason(error)}", error);
        }
    }

    // Without what may be in its query.
    private static string Place(Uri address) => $"{address.Scheme}://{address.Authority}{address.AbsolutePath}";

    private HttpRequestMessage TokenRequest(AuthenticationChallenge challenge)
    {
        var service = challenge["service"];
        var scope = challenge["scope"] ?? $"repository:{registry.Name}:pull";
        if (!Uri.TryCreate(registry.Address, challenge["realm"], out var realm) || realm.Scheme is not ("http" or "https"))
            throw Denied($"its token service '{challenge["realm"]}' is no address");
        if (known.Credential is not { } credential)
            return new(HttpMethod.Get, WithQuery(realm, service, scope));
        // Whoever can change a plain answer on the way could have the secret sent to himself.
        if (realm.Scheme == "http" && !realm.IsLoopback && registry.Address.Scheme == "https")
            throw Denied($"its token service {realm.Host} wants the password without TLS");
        if (credential.IdentityToken is { } refresh)
            return new(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(RefreshForm(refresh, service, scope)) };
        var request = new HttpRequestMessage(HttpMethod.Get, WithQuery(realm, service, scope));
        request.Headers.Authorization = Basic(credential);
        return request;
    }

    private static Dictionary<string, string> RefreshForm(string token, string? service, string scope) => new()
    {
        ["grant_type"] = "refresh_token",
        ["refresh_token"] = token,
        ["client_id"] = ClientId,
        ["service"] = service ?? "",
        ["scope"] = scope,
    };

    private static Uri WithQuery(Uri realm, string? service, string scope)
    {
        var query = $"scope={Uri.EscapeDataString(scope)}" + (service is null ? "" : $"&service={Uri.EscapeDataString(service)}");
        return new UriBuilder(realm) { Query = realm.Query.Length > 1 ? $"{realm.Query[1..]}&{query}" : query }.Uri;
    }

    public void Dispose() => _one.Dispose();
}
