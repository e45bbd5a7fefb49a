using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>The builds that have proven good: they held their gate in a rollback, or somebody vouches for them.</summary>
public sealed class KnownGood
{
    private readonly ImageList _list;

    internal KnownGood(StateStore state) => _list = new(state, "known_good");

    /// <summary>Marks a build; one that is marked already gets the new reason and time.</summary>
    /// <exception cref="ShoreGuardException"><c>KnownGoodUnclear</c>; those of the journal.</exception>
    public KnownGoodBuild Add(KnownGoodBuild build)
    {
        RequireClear(build.Digest, build.GitSha, build.Image);
        _list.Add(new(build.Image, build.Digest, build.GitSha, build.Version, build.Reason, build.ProvenAt, build.ProvenBy, build.Database));
        return build;
    }

    /// <summary>Takes the mark away.</summary>
    /// <returns>What was marked.</returns>
    /// <exception cref="ShoreGuardException"><c>KnownGoodUnclear</c>, <c>NotKnownGood</c>; those of the journal.</exception>
    public IReadOnlyList<KnownGoodBuild> Remove(string? digest, string? gitSha, string? image)
    {
        RequireMarked(digest, gitSha, image);
        return [.. _list.Remove(entry => Matches(Describe(entry), digest, gitSha)).Select(Describe)];
    }

    /// <summary>Everything that is marked, the latest first. Makes no file.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyList<KnownGoodBuild> All() => [.. _list.All().Select(Describe)];

    /// <summary>Whether a mark is for an image. Of two digests that are known, only the same one is: the same code may have been built with something
    /// else that is not good.</summary>
    public static bool Matches(KnownGoodBuild build, string? digest, string? gitSha) =>
        build.Digest is not null && digest is not null
            ? build.Digest == digest
            : build.GitSha is not null && gitSha is not null && CommitDigits.AreSame(build.GitSha, gitSha);

    /// <summary>Whether it counts where a database of a kind is: its migrations are others on another, and one of them may fail there.</summary>
    internal static bool Counts(KnownGoodBuild build, DatabaseKind? kind) => build.Database is null || kind is null || build.Database == kind;

    /// <summary>The mark of a build that counts for a kind of database; else one that is a hint; null where there is none.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    internal KnownGoodBuild? Find(string? digest, string? gitSha, DatabaseKind? kind) => Find(All(), digest, gitSha, kind);

    /// <summary>The same among marks that have been read.</summary>
    internal static KnownGoodBuild? Find(IReadOnlyList<KnownGoodBuild> marks, string? digest, string? gitSha, DatabaseKind? kind) =>
        marks.Where(build => Matches(build, digest, gitSha)).MaxBy(build => Counts(build, kind));

    /// <summary>Marks what a rollback has brought, if it was watched for a while and held.</summary>
    /// <param name="result">The rollback.</param>
    /// <param name="stability">For how long it had to stay ready.</param>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    internal void Remember(ImageRollbackResult result, TimeSpan stability)
    {
        var (digest, sha) = (result.Digest, result.After?.GitSha);
        if (result is not { Succeeded: true, Gate.Passed: true } || stability <= TimeSpan.Zero || (digest ?? sha) is null)
            return;
        Add(new KnownGoodBuild
        {
            Image = result.Image,
            Digest = digest,
            GitSha = sha,
            Version = result.After?.Version,
            Reason = $"passed its gate as {result.Name}, and stayed ready for {Readable.Duration(stability)}",
            ProvenAt = DateTimeOffset.UtcNow,
            ProvenBy = Environment.UserName,
            Database = result.Deployment.Database.Kind,
        });
    }

    /// <summary>Refuses a build that is not marked.</summary>
    /// <exception cref="ShoreGuardException"><c>KnownGoodUnclear</c>, <c>NotKnownGood</c>; those of the journal.</exception>
    public void RequireMarked(string? digest, string? gitSha, string? image)
    {
        RequireClear(digest, gitSha, image);
        if (!All().Any(build => Matches(build, digest, gitSha)))
            throw Errors.NotKnownGood(image ?? digest ?? gitSha!);
    }

    /// <summary>Refuses what may be another build tomorrow.</summary>
    /// <exception cref="ShoreGuardException"><c>KnownGoodUnclear</c>.</exception>
    public static void RequireClear(string? digest, string? gitSha, string? image)
    {
        if (digest is null && gitSha is null)
            throw Errors.KnownGoodUnclear(image);
    }

    private static KnownGoodBuild Describe(ImageEntry entry) => new()
    {
        Image = entry.Image,
        Digest = entry.Digest,
        GitSha = entry.GitSha,
        Version = entry.Version,
        Reason = entry.Reason,
        ProvenAt = entry.At,
        ProvenBy = entry.By,
        Database = entry.Database,
    };
}
