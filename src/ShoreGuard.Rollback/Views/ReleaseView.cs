namespace ShoreGuard.Rollback.Views;

/// <summary>The cells of the table of releases.</summary>
internal static class ReleaseView
{
    /// <summary>Where the image is, the telling word first.</summary>
    public static string Where(Release release) => (release.IsBlocked, release.IsKnownGood, release.IsRunning) switch
    {
        (true, _, var running) => Paint.Bad(running ? "running, blocked" : "blocked"),
        (_, true, true) => Paint.Good("running, good"),
        (_, true, false) => Paint.Good(release.IsLocal ? "good, here" : "good, registry"),
        _ => Place(release),
    };

    private static string Place(Release release) => (release.IsRunning, release.IsLocal, release.IsPublished) switch
    {
        (true, _, true) => Paint.Good("running"),
        (true, _, false) => Paint.Warn("running, local"),
        (_, true, true) => "here, registry",
        (_, true, false) => Paint.Warn("here only"),
        _ => "registry",
    };

    /// <summary>The version; the tag's, and the other one behind it, where an image is not what its tag says.</summary>
    public static string Version(Release release)
    {
        var tag = release.Tags.FirstOrDefault(tag => tag.Count(character => character == '.') >= 2 && char.IsAsciiDigit(tag.TrimStart('v')[0]));
        return (release.Version, tag) switch
        {
            (null, null) => Paint.Faint("unknown"),
            (null, _) => tag,
            (var version, null) => version,
            var (version, named) when version == named.TrimStart('v') => version,
            var (version, named) => Paint.Warn($"{named} ({version})"),
        };
    }
}
