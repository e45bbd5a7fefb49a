using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>The incidents that the journal knows: one for each rollback that was no undo.</summary>
/// <param name="state">The store with the journal.</param>
public sealed class IncidentCatalog(StateStore state)
{
    /// <summary>How long a note may be: more is a document of its own.</summary>
    public const int LongestNote = 20_000;

    /// <summary>All of them, the latest first. Makes no file.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyList<Incident> All()
    {
        var all = new RollbackJournal(state).All();
        var (documents, blocked) = (state.Incidents.All(), TryReadBlocked());
        return [.. all.Where(IsIncident).Select(record => IncidentStory.Tell(record, documents.GetValueOrDefault(record.Id), UndoOf(record, all), blocked))];
    }

    // A share that is away is no reason to tell nothing.
    private IReadOnlyList<BlockedImage>? TryReadBlocked()
    {
        try
        {
            return state.Blocklist.All();
        }
        catch (ShoreGuardException)
        {
            return null;
        }
    }

    /// <summary>One, by its id or the first digits of it.</summary>
    /// <exception cref="ShoreGuardException"><c>IncidentNotFound</c>; those of the journal.</exception>
    public Incident Find(string id)
    {
        var found = All().Where(incident => incident.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase)).ToList();
        return found is [var only] ? only : throw Errors.IncidentNotFound(id, found.Count);
    }

    /// <summary>Adds a note to an incident.</summary>
    /// <returns>The incident with it.</returns>
    /// <exception cref="ShoreGuardException"><c>IncidentNotFound</c>, <c>IncidentNoteInvalid</c>; those of the journal.</exception>
    public Incident AddNote(string id, string text)
    {
        var incident = Find(id);
        RequireNote(id, text);
        state.Incidents.Note(incident.Id, new() { At = DateTimeOffset.UtcNow, By = Environment.UserName, Text = SecretScrubber.Scrub(text.Trim()) });
        return Find(incident.Id);
    }

    /// <summary>Adds what was seen of a deployment to the incident behind the build that was watched: that of its latest
    /// rollback, where it went to that build.</summary>
    /// <remarks>It is one more page of the report: what cannot be written is a warning.</remarks>
    public void Observe(ObservationResult seen, IReporter reporter)
    {
        if (seen.Deployment is not { } deployment || seen.Identity is not { } build)
            return;
        RollbackLog.Try(() =>
        {
            var latest = All().FirstOrDefault(incident => incident.Name == deployment.Name && incident.DockerHost == deployment.DockerHost);
            if (latest is { State: RollbackState.Succeeded } && seen.StartedAt >= latest.Times.StartedAt
                && (latest.To.GitSha, latest.To.Version) == (build.GitSha, build.Version))
                state.Incidents.Observe(latest.Id, seen);
        }, reporter);
    }

    /// <summary>Refuses a note that nobody would read.</summary>
    /// <exception cref="ShoreGuardException"><c>IncidentNoteInvalid</c>.</exception>
    public static void RequireNote(string id, string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestNote)
            throw Errors.IncidentNoteInvalid(id, text.Length, LongestNote);
    }

    private static bool IsIncident(RollbackRecord record) => record is { Kind: OperationKind.Rollback or OperationKind.ImageRollback, Reverts: null };

    private static RollbackRecord? UndoOf(RollbackRecord record, IReadOnlyList<RollbackRecord> all) =>
        all.FirstOrDefault(other => other.Reverts == record.Id && other.State == RollbackState.Succeeded);
}
