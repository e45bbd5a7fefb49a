using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>Makes an incident of what was written down of it.</summary>
internal static class IncidentStory
{
    /// <summary>Tells it.</summary>
    /// <param name="record">The rollback.</param>
    /// <param name="document">What was written down beside it; null for nothing.</param>
    /// <param name="undo">What has undone it; null where nothing has.</param>
    /// <param name="blocked">What is blocked; null where that cannot be read.</param>
    public static Incident Tell(RollbackRecord record, IncidentDocument? document, RollbackRecord? undo, IReadOnlyList<BlockedImage>? blocked)
    {
        var (beginning, ending) = (document?.Beginning, document?.Ending);
        var incident = new Incident
        {
            Id = record.Id,
            Name = record.Name,
            DockerHost = record.DockerHost,
            State = record.State,
            From = beginning?.From ?? new() { Image = record.ImageBefore, Version = record.VersionBefore },
            To = beginning?.To ?? new() { Image = record.Image, Version = record.Version },
            Symptom = beginning?.Symptom,
            Times = Times(record, beginning, ending),
            Decisions = beginning?.Decisions ?? [],
            Steps = record.Steps,
            // What a recovery has put aside may hold rows.
            Observation = document?.Observation,
            Loss = ending?.Loss ?? new() { IsKnown = record is { State: RollbackState.Reverted, Kept: null } },
            Kept = ending?.Kept ?? Kept(record),
            Notes = document?.Notes ?? [],
        };
        return incident with { Events = Events(incident, undo), FollowUps = FollowUps(incident, record, undo, blocked) };
    }

    private static IncidentTimes Times(RollbackRecord record, IncidentBeginning? beginning, IncidentEnding? ending) => new()
    {
        DeployedAt = beginning?.DeployedAt,
        SymptomSince = beginning?.Onset?.Since,
        SymptomKnownBy = beginning?.Onset?.KnownBy,
        SymptomMayBeEarlier = beginning?.Onset?.MayBeEarlier ?? false,
        DecidedAt = beginning?.DecidedAt,
        StartedAt = record.StartedAt,
        EndedAt = record.EndedAt,
        OutageBegan = ending?.Outage?.Began,
        OutageEnded = ending?.Outage?.Ended,
        Outage = record.Outage ?? ending?.Outage?.Duration,
        HeldSince = ending?.HeldSince ?? (record.State == RollbackState.Succeeded ? record.EndedAt : null),
    };

    // Of one that was ended by a recovery, or elsewhere, the record alone tells.
    private static IncidentKept[] Kept(RollbackRecord record) => record.Kept is { } kept ? [new() { What = kept }] : [];

    private static IReadOnlyList<IncidentEvent> Events(Incident incident, RollbackRecord? undo)
    {
        var times = incident.Times;
        var events = new List<IncidentEvent>();
        Add(IncidentEventKind.Deploy, $"{incident.From} deployed", times.DeployedAt);
        Add(IncidentEventKind.Symptom, "not well", times.SymptomSince, times.HeldSince, goesOn: true);
        Add(IncidentEventKind.Decision, $"decided to go back to {incident.To}", times.DecidedAt);
        Add(IncidentEventKind.Rollback, incident.State switch
        {
            RollbackState.Succeeded => $"rolled back to {incident.To}",
            RollbackState.Reverted => "rollback tried, and put back",
            _ => "rollback",
        }, times.StartedAt, times.EndedAt, goesOn: incident.State is RollbackState.UnderWay or RollbackState.Unfinished);
        Add(IncidentEventKind.Outage, "nobody was served", times.OutageBegan, times.OutageEnded, goesOn: true);
        foreach (var alert in incident.Symptom?.Alerts ?? [])
            Add(IncidentEventKind.Alert, alert.Name, alert.FiredAt ?? alert.StartedAt, alert.EndedAt, goesOn: false);
        if (incident.Observation is { } seen)
            Add(IncidentEventKind.Observation, $"{seen.Outcome.ToString().ToLowerInvariant()}", seen.StartedAt, seen.EndedAt);
        Add(IncidentEventKind.Undo, "rollback undone", undo?.StartedAt, undo?.EndedAt);
        return [.. events.OrderBy(each => each.At)];

        void Add(IncidentEventKind kind, string text, DateTimeOffset? at, DateTimeOffset? ended = null, bool goesOn = false)
        {
            if (at is { } known)
                events.Add(new() { Kind = kind, Text = text, At = known, EndedAt = ended >= known ? ended : null, GoesOn = goesOn && ended is null });
        }
    }

    private static IReadOnlyList<string> FollowUps(
        Incident incident, RollbackRecord record, RollbackRecord? undo, IReadOnlyList<BlockedImage>? blocked)
    {
        if (incident.State is RollbackState.UnderWay)
            return [];
        if (incident.State is RollbackState.Unfinished)
        {
            return [$"Bring the rollback to its end: Resume-ShoreGuardRollback {incident.Id}, Undo-ShoreGuardRollback {incident.Id} or "
                + $"Close-ShoreGuardRollback {incident.Id}"];
        }
        if (undo is not null)
            return [$"{incident.From} was put into service again by {undo.Id}: watch it: {Advice.Pipe(incident.Name, "Test-ShoreGuardHealth")}"];
        if (incident.State is not RollbackState.Succeeded)
        {
            return [$"{incident.From} was left in place: find out why the rollback did not succeed ({record.Reason ?? "no reason was written down"}), "
                + "then run it again."];
        }
        return [.. Learn(incident, blocked), .. Data(incident), .. Kept(incident)];
    }

    private static IEnumerable<string> Learn(Incident incident, IReadOnlyList<BlockedImage>? blocked)
    {
        yield return $"Write a test that fails on {incident.From}{(incident.Symptom is { } symptom ? $": {symptom.Explanation.TrimEnd('.')}" : "")}.";
        yield return blocked?.Any(entry => Blocklist.Matches(entry, incident.From.Digest, incident.From.GitSha)) == true
            ? $"Fix it on a new commit. {incident.From} is blocked; a pipeline's gate refuses it: Test-ShoreGuardRelease"
            : $"Fix it on a new commit, and never deploy {incident.From} again: "
                + $"Get-ShoreGuardIncident {incident.Id} | ForEach-Object From | Block-ShoreGuardImage -Reason 'incident {incident.Id}'";
        if (incident.Observation is not { Outcome: ObservationOutcome.Held })
            yield return $"Watch it for an observation window: {Advice.Pipe(incident.Name, "Watch-ShoreGuardDeployment")}";
    }

    private static IEnumerable<string> Data(Incident incident)
    {
        if (incident.Loss.Written is { } written)
            yield return $"Back up more often: what was written in the {Readable.Age(written)} before the rollback was in no backup"
                + $"{(incident.Loss is { MeetsRpo: false, Rpo: { } rpo } ? $", and the objective is {Readable.Age(rpo)}" : "")}. "
                + "Make a backup before each deploy.";
        if (incident.Loss.Dropped.Where(loss => loss.Rows > 0).ToList() is { Count: > 0 } dropped)
            yield return $"Tell those whose rows were dropped: {string.Join("; ", dropped)}.";
    }

    private static IEnumerable<string> Kept(Incident incident)
    {
        if (incident.Kept.Count > 0)
            yield return $"Once nobody needs it any more, remove what was kept: {string.Join(", ", incident.Kept.Select(kept => kept.What))}.";
    }
}
