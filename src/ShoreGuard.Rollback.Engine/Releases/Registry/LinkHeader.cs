namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>The <c>Link</c> header, by which a registry says where its next page is (RFC 8288).</summary>
internal static class LinkHeader
{
    /// <summary>Path and query of the next page; null on the last one. Only these: behind a proxy, a registry often does not know its own name and
    /// scheme.</summary>
    /// <param name="header">The header's value.</param>
    /// <param name="page">The page it came with.</param>
    public static Uri? Next(string header, Uri page)
    {
        for (var at = 0; (at = header.IndexOf('<', at)) >= 0;)
        {
            var end = header.IndexOf('>', at);
            if (end < 0)
                return null;
            var target = header[(at + 1)..end];
            at = EndOfParameters(header, end + 1, out var isNext);
            if (isNext && Uri.TryCreate(page, target, out var link))
                return new UriBuilder(page) { Path = link.AbsolutePath, Query = link.Query, Fragment = "" }.Uri;
        }
        return null;
    }

    private static int EndOfParameters(string header, int at, out bool isNext)
    {
        var start = at;
        var quoted = false;
        while (at < header.Length && (quoted || header[at] != ','))
            quoted ^= header[at++] == '"';
        isNext = header[start..at].Split(';').Any(IsRelationNext);
        return at;
    }

    // One link may have several relations: rel="prefetch next".
    private static bool IsRelationNext(string parameter) =>
        parameter.Split('=', 2) is [var name, var value]
        && name.Trim().Equals("rel", StringComparison.OrdinalIgnoreCase)
        && value.Trim().Trim('"').Split(' ').Contains("next", StringComparer.OrdinalIgnoreCase);
}
