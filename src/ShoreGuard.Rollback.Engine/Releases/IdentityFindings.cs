using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>Everything that was found out about a build, and what it means. Asks nobody.</summary>
internal sealed record IdentityFindings
{
    private const string Answer = "what answers";
    private const string RunningImage = "the running image";
    private const string PublishedImageName = "the published image";

    public required IdentityRequest Request { get; init; }
    public Uri? Uri { get; init; }
    /// <summary>The reference that was looked up.</summary>
    public ImageReference? Image { get; init; }
    public BuildIdentity? Answered { get; init; }
    public BuildIdentity? Running { get; init; }
    public BuildIdentity? Published { get; init; }
    /// <summary>What the published image's labels say, which another tool has set.</summary>
    public (string? Version, string? GitSha) Labels { get; init; }
    public string? RunningDigest { get; init; }
    public string? PublishedDigest { get; init; }
    /// <summary>What could not be asked, and why.</summary>
    public IReadOnlyList<string> Obstacles { get; init; } = [];
    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>The report for what was found; no input makes it throw.</summary>
    public IdentityReport Judge()
    {
        var comparison = new Comparison();
        comparison.Missing(Obstacles);
        if (Request.ExpectsABuild)
            CompareWithExpected(comparison);
        if (Running is not null && Answered is not null)
            comparison.Compare(Running, RunningImage, Answered, Answer);
        bool? moved = Request.NeedsPublished ? ComparePublished(comparison) : null;
        var verdict = comparison.Differences.Count > 0 || moved == true ? IdentityVerdict.Mismatch
            : comparison.Unchecked.Count > 0 || comparison.Checked.Count == 0 ? IdentityVerdict.Inconclusive
            : IdentityVerdict.Match;
        return new()
        {
            Name = Request.Deployment?.Name,
            Uri = Uri,
            Image = Image?.ToString() ?? Request.Deployment?.Image,
            Verdict = verdict,
            Answered = Answered,
            Running = Running,
            Published = Published,
            RunningDigest = RunningDigest,
            PublishedDigest = PublishedDigest,
            TagMoved = moved,
            Differences = comparison.Differences,
            Checked = comparison.Checked,
            Unchecked = comparison.Unchecked,
            Explanation = Explain(verdict, comparison, moved),
            Recommendation = Recommend(verdict, comparison, moved),
            Deployment = Request.Deployment,
            CheckedAt = CheckedAt,
        };
    }

    private void CompareWithExpected(Comparison comparison)
    {
        const string By = "what was asked for";
        if (Answered is not null)
            comparison.Compare(Request.ExpectedVersion, Request.ExpectedGitSha, Request.ExpectedBuildTime, By, Answered, Answer);
        if (Running is not null)
            comparison.Compare(Request.ExpectedVersion, Request.ExpectedGitSha, Request.ExpectedBuildTime, By, Running, RunningImage);
    }

    // Whether the tag has moved; null when that cannot be told.
    private bool? ComparePublished(Comparison comparison)
    {
        if (Published is null)
            return null;
        CompareWithName(comparison);
        if (Request.Deployment is null)
        {
            if (Answered is not null)
                comparison.Compare(Published, PublishedImageName, Answered, Answer);
            return null;
        }
        if (RunningDigest is null)
            comparison.Missing(["whether the tag still means the running image, which did not come from a registry"]);
        if (RunningDigest is not null && RunningDigest == PublishedDigest)
            comparison.Same($"{RunningImage} is {PublishedImageName}, by digest");
        else if (Running is not null)
            comparison.Compare(Published, PublishedImageName, Running, RunningImage);
        return RunningDigest is null ? null : RunningDigest != PublishedDigest;
    }

    // A pipeline can put one build under the name of another.
    private void CompareWithName(Comparison comparison)
    {
        var tag = Image?.Tag;
        if (tag is not null && (ReleaseTags.Version(tag) is not null || ReleaseTags.Commit(tag) is not null))
            comparison.Compare(ReleaseTags.Version(tag) is null ? null : tag, ReleaseTags.Commit(tag), null, $"its tag {tag}", Published!, PublishedImageName);
        // What the tag has said already is not said again.
        var version = Labels.Version == tag ? null : Labels.Version;
        if ((version, Labels.GitSha) is not (null, null))
            comparison.Compare(version, Labels.GitSha, null, "its labels", Published!, PublishedImageName);
    }

    private string Explain(IdentityVerdict verdict, Comparison comparison, bool? moved) => verdict switch
    {
        IdentityVerdict.Match => $"{Sentence(comparison.Checked)}.",
        IdentityVerdict.Inconclusive when comparison.Checked.Count == 0 => $"Nothing could be compared: {string.Join("; ", comparison.Unchecked)}.",
        IdentityVerdict.Inconclusive => $"{Sentence(comparison.Checked)}. Not checked: {string.Join("; ", comparison.Unchecked)}.",
        _ when comparison.Differences.Count == 0 => $"{Moved()}, although both say the same about themselves.",
        _ => $"The pipeline is wrong, not the code; rolling back will reproduce it: {string.Join("; ", comparison.Differences)}.{(moved == true ? $" {Moved()}." : "")}{(comparison.Unchecked.Count > 0 ? $" Not checked: {string.Join("; ", comparison.Unchecked)}." : "")}",
    };

    private string Moved() => $"The tag {Image!.Tag} now means another image ({Short(PublishedDigest)}) than the running one ({Short(RunningDigest)})";

    private string Recommend(IdentityVerdict verdict, Comparison comparison, bool? moved) => verdict switch
    {
        IdentityVerdict.Match => $"If it misbehaves, the code is the cause. Find the release before it: "
            + $"{Advice.Pipe(Request.Deployment?.Name, "Get-ShoreGuardRelease -Previous")}",
        IdentityVerdict.Inconclusive => "Make reachable what could not be checked, then run the same command again.",
        _ when moved == true => "Find out who pushed the tag again. Until then, name images by digest: Get-ShoreGuardRelease shows the digests, and "
            + "Invoke-ShoreGuardImageRollback pins them.",
        _ when comparison.Differences.Any(difference => difference.ActualOf == PublishedImageName) => $"Stop the pipeline and fix what it publishes; "
            + "a rollback to the same tag brings the same build. Go back by commit instead: "
            + $"{Advice.Pipe(Request.Deployment?.Name, "Invoke-ShoreGuardImageRollback -GitSha COMMIT")}",
        _ when comparison.Differences.Any(difference => difference.ExpectedBy == RunningImage) => "Check what answers at that address: "
            + "the container may have a variable SHOREGUARD_VERSION, SHOREGUARD_GIT_SHA or SHOREGUARD_BUILD_TIME, or the proxy may lead to another container.",
        _ => "Stop the pipeline and check which image it deployed; a rollback through it brings the same one. Name the build that you want: "
            + "Get-ShoreGuardRelease lists the releases.",
    };

    private static string Sentence(IReadOnlyList<string> phrases)
    {
        var text = string.Join("; ", phrases);
        return char.ToUpperInvariant(text[0]) + text[1..];
    }

    private static string Short(string? digest) => digest is { Length: > 19 } ? $"{digest[..19]}…" : digest ?? "no digest";

    /// <summary>What has been compared so far.</summary>
    private sealed class Comparison
    {
        private readonly List<string> _unchecked = [];

        public List<IdentityDifference> Differences { get; } = [];
        public List<string> Checked { get; } = [];
        public IReadOnlyList<string> Unchecked => _unchecked;

        public void Same(string phrase) => Checked.Add(phrase);

        public void Missing(IEnumerable<string> what) => _unchecked.AddRange(what.Except(_unchecked));

        /// <summary>Compares two builds in all three fields; what the one that should be right does not say stays unchecked.</summary>
        public void Compare(BuildIdentity expected, string by, BuildIdentity actual, string of)
        {
            (string Name, bool IsUnsaid)[] fields =
                [("version", expected.Version is null), ("git_sha", expected.GitSha is null), ("build_time", expected.BuildTime is null)];
            var unsaid = fields.Where(field => field.IsUnsaid).Select(field => field.Name).ToList();
            if (unsaid.Count > 0)
                Missing([$"{string.Join(", ", unsaid)}, which {by} does not say"]);
            if (unsaid.Count < 3)
                Compare(expected.Version, expected.GitSha, expected.BuildTime, by, actual, of);
        }

        public void Compare(string? version, string? gitSha, DateTimeOffset? buildTime, string by, BuildIdentity actual, string of)
        {
            var found = IdentityComparison.Find(actual, version, gitSha, buildTime);
            Differences.AddRange(
                found.Select(field =>
                new IdentityDifference { Field = field.Field, Expected = field.Expected, ExpectedBy = by, Actual = field.Actual, ActualOf = of }));
            if (found.Count == 0)
                Same($"{of} agrees with {by}");
        }
    }
}
