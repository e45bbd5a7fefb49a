using System.Net;
using System.Net.Sockets;

namespace ShoreGuard.Rollback.Engine;

/// <summary>The base address of a ShoreGuard application.</summary>
public static class Endpoint
{
    /// <summary>An address as an operator writes it: <c>localhost:8888</c> means <c>http://localhost:8888</c>.</summary>
    /// <exception cref="ShoreGuardException"><c>EndpointInvalid</c>: not HTTP, no host, or with a password in it.</exception>
    public static Uri Normalize(Uri uri) => Normalize(uri, Errors.EndpointInvalid);

    /// <summary>An address of something else, in the same form.</summary>
    /// <param name="uri">The address.</param>
    /// <param name="refuse">The error, with the address without a password and why it is none.</param>
    internal static Uri Normalize(Uri uri, Func<string, string, ShoreGuardException> refuse)
    {
        // PowerShell makes a relative Uri of 'shoreguard:8888/x' or takes the host for a scheme; the text is what was meant.
        var text = uri.OriginalString.Trim();
        if (!text.Contains("://", StringComparison.Ordinal))
            text = text is "" || text[0] is '/' or '.' || text.Contains('\\') ? throw refuse(text, "it names no host") : "http://" + text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var absolute) || absolute.Host.Length == 0)
            throw refuse(WithoutUserInfo(text), "it is not an address");
        if (absolute.Scheme is not ("http" or "https"))
            throw refuse(WithoutUserInfo(text), $"its scheme is {absolute.Scheme}, not http or https");
        if (absolute.UserInfo.Length > 0)
            throw refuse(WithoutUserInfo(text), "it holds a user name or password, which would be shown");
        return absolute;
    }

    /// <summary>Where something without an address would answer: nowhere.</summary>
    public static ShoreGuardException Missing(object? target) => Errors.EndpointMissing(target);

    /// <summary>The address of a path below the base. Query and fragment of the base mean nothing.</summary>
    internal static Uri At(Uri endpoint, string path)
    {
        var root = endpoint.GetLeftPart(UriPartial.Path);
        return new Uri((root.EndsWith('/') ? root : root + "/") + path.TrimStart('/'));
    }

    /// <summary>Whether the address is on this machine or in a private network, where a proxy of the environment has nothing to do: it could not
    /// reach a container.</summary>
    internal static bool IsNear(Uri endpoint)
    {
        if (endpoint.IsLoopback)
            return true;
        if (!IPAddress.TryParse(endpoint.Host.Trim('[', ']'), out var address))
            return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal;
        return address.GetAddressBytes() is [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [169, 254, ..] or [127, ..];
    }

    private static string WithoutUserInfo(string text)
    {
        var start = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > start ? string.Concat(text.AsSpan(0, start), "***", text.AsSpan(at)) : text;
    }
}
