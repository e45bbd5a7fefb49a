using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>What the docker command knows about a registry.</summary>
/// <param name="Credential">Who to be; null for nobody.</param>
/// <param name="Problem">Why there may be a credential that could not be read, a sentence without its full stop; null when all was read.</param>
internal sealed record CredentialLookup(RegistryCredential? Credential, string? Problem = null)
{
    public static CredentialLookup Nobody { get; } = new((RegistryCredential?)null);
}

/// <summary>Finds what <c>docker login</c> has left: in <c>config.json</c> itself, or with a helper program that it names.</summary>
/// <remarks>
/// As docker/cli does it (<c>cli/config</c>): <c>credHelpers</c> for one registry, else <c>credsStore</c> for all, else <c>auths</c>. A
/// helper is <c>docker-credential-NAME get</c>, reads the registry from its standard input and answers in JSON
/// (docker/docker-credential-helpers). One that fails is no reason to stop: most images are public.
/// </remarks>
internal static partial class DockerCredentials
{
    // A helper may have to unlock a keychain, but nobody is there to answer it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const string TokenUser = "<token>";

    /// <summary>The credential for a registry.</summary>
    /// <param name="server">Its host and port, or the address of the index, as it stands in <c>config.json</c>.</param>
    /// <param name="cancellation">Stops waiting for a helper.</param>
    public static async Task<CredentialLookup> FindAsync(string server, CancellationToken cancellation)
    {
        JsonNode? config;
        try
        {
            config = DockerConfig.ReadMain();
        }
        catch (ShoreGuardException error)
        {
            return new(null, error.Message.TrimEnd('.'));
        }
        var inFile = InFile(config, server);
        if (HelperOf(config, server) is not { } helper)
            return inFile;
        var asked = await AskAsync(helper, server, cancellation).ConfigureAwait(false);
        return asked.Credential is null && inFile.Credential is not null ? inFile : asked;
    }

    /// <summary>The name of the helper that keeps a registry's secret; null when none does.</summary>
    internal static string? HelperOf(JsonNode? config, string server) =>
        (config.At("credHelpers") as JsonObject)?.FirstOrDefault(entry => IsSame(entry.Key, server)).Value is JsonValue own
            && own.TryGetValue<string>(out var name)
            ? name
            : config.Text("credsStore");

    /// <summary>What <c>auths</c> says.</summary>
    internal static CredentialLookup InFile(JsonNode? config, string server)
    {
        var entries = config.At("auths") as JsonObject;
        var entry = entries?.FirstOrDefault(entry => entry.Key == server).Value ?? entries?.FirstOrDefault(entry => IsSame(entry.Key, server)).Value;
        if (entry.Text("identitytoken") is { } token)
            return new(RegistryCredential.OfToken(token));
        if (entry.Text("username") is { } user && entry.Text("password") is { } password)
            return new(RegistryCredential.OfPassword(user, password));
        if (entry.Text("auth") is not { } packed)
            return CredentialLookup.Nobody;
        return Unpack(packed) is { } credential
            ? new(credential) : new(null, $"the entry of {server} in {DockerConfig.Folder}{Path.DirectorySeparatorChar}config.json cannot be read");
    }

    /// <summary>The pair in Base64 of <c>user:password</c>; null when it is none.</summary>
    internal static RegistryCredential? Unpack(string packed)
    {
        try
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(packed));
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            return colon > 0 ? RegistryCredential.OfPassword(text[..colon], text[(colon + 1)..].TrimEnd('\0')) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // Older files name a registry by an address: https://host/v1/.
    private static bool IsSame(string written, string server) =>
        string.Equals(HostOf(written), HostOf(server), StringComparison.OrdinalIgnoreCase);

    private static string HostOf(string text)
    {
        var start = text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0;
        var end = text.IndexOf('/', start);
        return end < 0 ? text[start..] : text[start..end];
    }

    /// <summary>What a helper says.</summary>
    internal static async Task<CredentialLookup> AskAsync(string helper, string server, CancellationToken cancellation)
    {
        if (!HelperName().IsMatch(helper))
            return new(null, $"'{helper}' in Docker's config.json is no name of a credential helper");
        var program = $"docker-credential-{helper}";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            var outcome = await ToolProcess.RunAsync(program, ["get"], new Dictionary<string, string?>(), patience.Token, input: server).ConfigureAwait(false);
            return outcome is null ? new(null, $"there is no program {program} on PATH, which Docker's config.json names") : Read(program, outcome);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(null, $"{program} gave no answer within {Readable.Duration(Patience)}");
        }
    }

    internal static CredentialLookup Read(string program, ToolProcess.Outcome outcome)
    {
        if (outcome.ExitCode != 0)
        {
            // The helpers' own sentence for a registry that nobody has logged in to.
            var said = outcome.Stdout.Trim() is { Length: > 0 } text ? text : outcome.Stderr.Trim();
            return said.Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
                ? CredentialLookup.Nobody
                : new(null, $"{program} failed: {SecretScrubber.Scrub(said.Length > 200 ? said[..200] : said).TrimEnd('.')}");
        }
        try
        {
            var answer = Json.Parse(Encoding.UTF8.GetBytes(outcome.Stdout));
            return (answer.Text("Username"), answer.Text("Secret")) switch
            {
                (TokenUser, { } token) => new(RegistryCredential.OfToken(token)),
                ({ } user, { } secret) => new(RegistryCredential.OfPassword(user, secret)),
                _ => CredentialLookup.Nobody,
            };
        }
        catch (JsonException)
        {
            return new(null, $"{program} answered something that is not JSON");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex HelperName();
}
