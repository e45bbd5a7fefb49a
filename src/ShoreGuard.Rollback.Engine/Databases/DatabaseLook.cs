namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Looks at a database once more when everything was put back: that it is as it was is said of what was seen, and not of what was done.</summary>
internal static class DatabaseLook
{
    // A server that was killed is back within seconds, and then its answer is worth more than none.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Compares what is there now with what was there before.</summary>
    /// <param name="database">The database.</param>
    /// <param name="before">Its revision and the rows of every table then; null when there was none, or none that could be read.</param>
    /// <returns>What was found, as a sentence without its full stop, and the one revision that the database is at; null when it has several, none, or
    /// could not be read.</returns>
    public static async Task<(string Finding, string? Revision)> CompareAsync(IDatabase database, DatabaseContents? before)
    {
        SchemaContents now;
        try
        {
            now = await AskAsync(() => database.ReadSchemaAsync([], CancellationToken.None)).ConfigureAwait(false);
        }
        // Whatever it is: what the look follows is what has to be told.
        catch (Exception error)
        {
            return (before is null ? $"There is no database that can be read, as before ({Errors.Reason(error)})"
                : $"What the database holds now could not be read: {Errors.Reason(error)}", null);
        }
        return (Compare(now, before), now.Revisions is [var one] ? one : null);
    }

    private static string Compare(SchemaContents now, DatabaseContents? before)
    {
        var revision = now.Revisions.Count == 0 ? "no revision" : $"revision {string.Join(", ", now.Revisions)}";
        if (before is null)
            return $"The database is at {revision}; it could not be read before, so the two cannot be compared";
        if (!now.Revisions.SequenceEqual(before.Revision is null ? [] : [before.Revision]))
            return $"The database is at {revision} now, and was at {before.Revision ?? "none"} before";
        return WrittenRows.Since(before.Rows, now.Rows) is { } written ? $"The database is at {revision} as before, and has other rows since: {written}"
            : "The database is as it was before";
    }

    /// <summary>The same of its revisions alone.</summary>
    public static async Task<(IReadOnlyList<string> Revisions, string Finding)> CompareRevisionsAsync(IDatabase database, IReadOnlyList<string> before)
    {
        try
        {
            var now = await AskAsync(() => database.ReadRevisionsAsync(CancellationToken.None)).ConfigureAwait(false);
            return (now, now.ToHashSet(StringComparer.Ordinal).SetEquals(before) ? $"Its database is at {string.Join(", ", now)} as before"
                : $"Its database is at {(now.Count == 0 ? "no revision" : string.Join(", ", now))}, and was at {string.Join(", ", before)} before");
        }
        catch (Exception error)
        {
            return ([], $"The revision of its database could not be read: {Errors.Reason(error)}");
        }
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> question)
    {
        T? answer = default;
        await OutagePatience.RunAsync(async () => answer = await question().ConfigureAwait(false), Patience).ConfigureAwait(false);
        return answer!;
    }
}
