namespace ShoreGuard.Rollback;

/// <summary>Which build something is: what ShoreGuard's <c>/version</c> answers, or what an image was built with.</summary>
/// <remarks>ShoreGuard says <c>unknown</c> where its build did not set a value; that is null here.</remarks>
public sealed record BuildIdentity
{
    /// <summary>The release, for example <c>0.27.0</c>; null where the build does not say.</summary>
    public string? Version { get; init; }

    /// <summary>The commit, normally 40 hexadecimal digits; null where the build does not say.</summary>
    public string? GitSha { get; init; }

    /// <summary>When the build was made, UTC; null where the build does not say.</summary>
    public DateTimeOffset? BuildTime { get; init; }

    /// <summary>Where this was read: a URI, or an image reference.</summary>
    public required string Source { get; init; }

    /// <summary>How the request got to that URI; null for an image.</summary>
    public ProbeRoute? Route { get; init; }

    /// <summary>The first seven digits of <see cref="GitSha"/>, as in the tag <c>sha-a1b2c3d</c>.</summary>
    public string? ShortSha => GitSha is { Length: > 7 } sha ? sha[..7] : GitSha;

    /// <summary>For people: <c>0.27.0 (a1b2c3d)</c>.</summary>
    public override string ToString() => (Version, ShortSha) switch
    {
        (null, null) => "unknown build",
        (null, var sha) => sha,
        (var version, null) => version,
        var (version, sha) => $"{version} ({sha})",
    };
}
