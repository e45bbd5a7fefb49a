using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>A deployment's database between the image that runs and the target of an image rollback: whether the target starts on it, and whether
/// there is a way back.</summary>
/// <remarks>
/// ShoreGuard migrates its database to its image's head at every start, and does not start on a revision that its image does not know. The plan asks
/// this before the operator is asked, and the run once more before anything is stopped: what cannot be known without a pull is known then.
/// </remarks>
internal sealed record TargetSchema
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Whose database it is.</summary>
    public required Deployment Deployment { get; init; }
    /// <summary>The target.</summary>
    public required string Target { get; init; }
    /// <summary>The database's revisions; null when they could not be read.</summary>
    public IReadOnlyList<string>? Revisions { get; init; }
    /// <summary>The migrations of the image that runs; null when they could not be read.</summary>
    public MigrationGraph? Running { get; init; }
    /// <summary>Those of the target; null when they could not be read, or not yet.</summary>
    public MigrationGraph? Wanted { get; init; }
    /// <summary>Why something could not be read, as a part of a sentence; null when all was.</summary>
    public string? Unread { get; init; }
    /// <summary>Whether the target has to be pulled before its migrations can be read.</summary>
    public bool NeedsPull { get; init; }

    private string Name => Deployment.Name;
    private string Short => Errors.Short(Target);

    /// <summary>The database held against the target; null where either is not known.</summary>
    public SchemaComparison? Comparison => Wanted is null || Revisions is not { Count: > 0 } ? null
        : new SchemaReport { Name = Name, Revisions = Revisions, Graph = Running, CheckedAt = DateTimeOffset.UtcNow }.Compare(Target, Wanted);

    /// <summary>Why the target must not be started on this database; null when nothing is known against it.</summary>
    public ShoreGuardException? Refusal
    {
        get
        {
            if (Wanted is null)
                return null;
            if (Wanted.IsBroken)
                return Errors.MigrationsBroken(Target, [.. Wanted.Problems, .. Wanted.Missing.Select(revision => $"the script of {revision} is missing")]);
            if (Comparison is { Starts: false } comparison)
                return Errors.TargetSchemaUnfit(Name, Short, comparison);
            return Running is not null && Wanted.Heads.Where(head => !Running.Knows(head)).ToList() is { Count: > 0 } unknown
                ? Errors.TargetMigratesForward(Target, unknown, Deployment.Image)
                : null;
        }
    }

    /// <summary>What the operator should know of it, as a sentence; null when there is nothing.</summary>
    public string? Warning => (Wanted, Comparison) switch
    {
        (null, _) when NeedsPull => $"Whether {Short} knows the schema of {Name} is found out after the pull, before anything is stopped.",
        (_, null) => $"Cannot determine whether {Short} starts on the database of {Name}: {Unread ?? "the database is at no revision"}. The gate decides.",
        (_, { } comparison) => Upgrades(comparison, Deployment),
    };

    /// <summary>The same as the end of a sentence about what will be done; empty when there is nothing to say.</summary>
    public string Outlook => (Wanted, Comparison) switch
    {
        (null, _) when NeedsPull => "; whether it knows the schema is found out after the pull",
        (_, { Upgrades.Count: > 0 } comparison) =>
        $"; its start migrates the database forward from {string.Join(", ", comparison.Revisions)} to {string.Join(", ", comparison.Heads)}",
        _ => "",
    };

    /// <summary>What was found, for the step of the run.</summary>
    public string Detail => (Wanted, Comparison) switch
    {
        (_, { } comparison) => comparison.Explanation,
        _ => Unread ?? "the database is at no revision",
    };

    /// <summary>That a start of the target upgrades the database, as a sentence; null when it does not.</summary>
    public static string? Upgrades(SchemaComparison comparison, Deployment before) =>
        comparison is { Verdict: SchemaVerdict.Behind, Upgrades: { Count: > 0 } upgrades }
        ? $"At its start, the target migrates the database up to {string.Join(", ", comparison.Heads)} "
            + $"({string.Join(", ", upgrades.Select(migration => migration.Revision))}), "
            + $"where it stays if the target does not hold; {before.Identity?.ToString() ?? before.Image} knows that revision."
        : null;

    /// <summary>Reads it. Changes nothing; what cannot be read is part of the answer.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="before">The deployment.</param>
    /// <param name="container">The engine's description of its container.</param>
    /// <param name="target">The target's reference.</param>
    /// <param name="seen">The target as it is on the engine or in its registry.</param>
    /// <param name="digest">Its digest; null for an image that was never in a registry.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Null where the new container begins without the database, so that its schema says nothing.</returns>
    public static async Task<TargetSchema?> ReadAsync(
        IContainerEngine engine, Deployment before, ContainerView container, string target, ImageResolver.Seen seen, string? digest,
        CancellationToken cancellation)
    {
        if (DeploymentDatabase.PlaceOf(container) is SqlitePlace.Layer or SqlitePlace.Memory)
            return null;
        var revisions = ReadRevisionsAsync(before, cancellation);
        var running = MigrationProbe.TryReadAsync(engine, before.ImageId, cancellation);
        var (wanted, why) = await ReadMigrationsAsync(engine, target, seen, digest, cancellation).ConfigureAwait(false);
        var (found, obstacle) = await revisions.ConfigureAwait(false);
        return new()
        {
            Deployment = before,
            Target = target,
            Revisions = found,
            Running = await running.ConfigureAwait(false),
            Wanted = wanted,
            Unread = why ?? obstacle,
            NeedsPull = !seen.IsHere,
        };
    }

    private static async Task<(MigrationGraph? Graph, string? Why)> ReadMigrationsAsync(
        IContainerEngine engine, string target, ImageResolver.Seen seen, string? digest, CancellationToken cancellation)
    {
        if (!seen.IsHere)
            return (await FindKnownAsync(seen, digest, cancellation).ConfigureAwait(false), null);
        try
        {
            return (await MigrationProbe.ReadAsync(engine, target, seen.Inspected!, cancellation).ConfigureAwait(false), null);
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.MigrationsUnreadable))
        {
            return (null, Errors.Reason(error));
        }
    }

    /// <summary>The migrations of an image that is not on the engine, where they were read before.</summary>
    internal static async Task<MigrationGraph?> FindKnownAsync(ImageResolver.Seen seen, string? digest, CancellationToken cancellation)
    {
        // An engine names an image by its configuration or, where it keeps what registries give, by their digest.
        foreach (var id in new[] { seen.Inspected?.Id, digest }.OfType<string>())
        {
            if (await MigrationProbe.FindKnownAsync(id, cancellation).ConfigureAwait(false) is { } known)
                return known;
        }
        return null;
    }

    /// <summary>The revisions of a deployment's database; why not, where they cannot be read. A database that is down is no reason not to switch the
    /// image, and may be the very reason to; nor is it waited for without end.</summary>
    public static async Task<(IReadOnlyList<string>? Revisions, string? Why)> ReadRevisionsAsync(Deployment before, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            var request = new DatabaseRequest { Deployment = before, BaseFolder = "/" };
            using var access = await DatabaseAccess.OpenAsync(request, SilentReporter.Instance, patience.Token).ConfigureAwait(false);
            return (await access.Database.ReadRevisionsAsync(patience.Token).ConfigureAwait(false), null);
        }
        catch (ShoreGuardException error)
        {
            return (null, Errors.Reason(error));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"the database did not answer within {Patience.TotalSeconds:0} s");
        }
    }
}
