using System.Net.Http.Headers;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>The key of a service principal, with which ShoreGuard's API is asked. It is in no text that anybody reads.</summary>
public sealed class ApiToken
{
    // RFC 6750, section 2.1: what a bearer token is made of.
    private const string Others = "-._~+/=";

    private ApiToken(string value) => Value = value;

    internal string Value { get; }

    internal AuthenticationHeaderValue Header => new("Bearer", Value);

    /// <summary>Takes a key.</summary>
    /// <exception cref="ShoreGuardException"><c>TokenInvalid</c>: no key looks so.</exception>
    public static ApiToken Of(string value) => Of(value, Errors.TokenInvalid);

    /// <param name="value">The token.</param>
    /// <param name="refuse">The error, with why it is none.</param>
    internal static ApiToken Of(string value, Func<string, ShoreGuardException> refuse)
    {
        var key = value.Trim();
        if (key.Length == 0)
            throw refuse("it is empty");
        return key.All(letter => char.IsAsciiLetterOrDigit(letter) || Others.Contains(letter, StringComparison.Ordinal))
            ? new(key)
            : throw refuse("it has characters that no bearer token has, such as a space or a line break");
    }

    /// <summary>Whether a key that goes there can be read on the way: without TLS, to another machine than this one or its private networks.</summary>
    /// <remarks>What the engine carries goes as the engine is reached.</remarks>
    /// <param name="uri">Where it goes.</param>
    /// <param name="route">How it gets there.</param>
    public static bool IsExposed(Uri uri, ProbeRoute route) =>
        route != ProbeRoute.ContainerNetwork && uri.Scheme == Uri.UriSchemeHttp && !Endpoint.IsNear(uri);

    /// <summary>For people: that there is one.</summary>
    public override string ToString() => "***";
}
