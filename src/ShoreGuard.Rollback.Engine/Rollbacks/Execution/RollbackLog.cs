using System.Globalization;
using System.Text.Json;

namespace ShoreGuard.Rollback.Engine.Rollbacks.Execution;

/// <summary>Writes one rollback into the journal as it goes: each step before it is taken, and how it ended.</summary>
/// <remarks>One connection from the first step to the last: opening the journal anew for each would be felt in the outage.</remarks>
internal sealed class RollbackLog : IStepLog, IDisposable
{
    private readonly Journal _journal;
    private int _number;

    private RollbackLog(Journal journal, string id, RollbackNote note) => (_journal, Id, Note) = (journal, id, note);

    /// <summary>The rollback's id.</summary>
    public string Id { get; }

    /// <summary>What the journal has noted for whoever has to end it.</summary>
    public RollbackNote Note { get; private set; }

    /// <summary>Writes a new rollback down.</summary>
    /// <exception cref="ShoreGuardException"><c>PlanAlreadyRun</c>; those of the journal.</exception>
    public static RollbackLog Begin(RollbackPlan plan, RollbackNote note, string? reverts)
    {
        var journal = Journal.Open();
        try
        {
            if (journal.Query("SELECT 1 FROM rollback WHERE id = $id", _ => true, ("$id", plan.Id)).Count > 0)
                throw Errors.PlanAlreadyRun(plan.Id);
            journal.Query(
                """
                INSERT INTO rollback (id, docker_host, deployment, state, strategy, image_before, image, version_before, version, revisions_before, revisions, options, note, reverts, process, machine, started_at)
                VALUES ($id, $host, $name, $state, $strategy, $before, $image, $versionBefore, $version, $revisions, '', $options, $note, $reverts, $process, $machine, $at)
                """, _ => true,
                ("$id", plan.Id), ("$host", plan.Deployment.DockerHost), ("$name", plan.Name), ("$state", nameof(RollbackState.Unfinished)), ("$strategy", plan.Strategy.ToString()),
                ("$before", plan.Deployment.Image), ("$image", plan.Image), ("$versionBefore", plan.From?.Version), ("$version", plan.To.Version), ("$revisions", string.Join(' ', plan.Schema.Revisions)),
                ("$options", JsonSerializer.Serialize(plan.Options)), ("$note", JsonSerializer.Serialize(note)), ("$reverts", reverts),
                ("$process", Environment.ProcessId), ("$machine", Environment.MachineName), ("$at", Now()));
            return new(journal, plan.Id, note);
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Goes on with a rollback that is written down already.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public static RollbackLog Continue(RollbackJournal.Entry entry)
    {
        var journal = Journal.Open();
        var log = new RollbackLog(journal, entry.Record.Id, entry.Note) { _number = entry.Record.Steps.Select(step => step.Number).DefaultIfEmpty().Max() };
        try
        {
            log.Update($"state = '{nameof(RollbackState.Unfinished)}', reason = NULL, ended_at = NULL, process = $process, machine = $machine", ("$process", Environment.ProcessId), ("$machine", Environment.MachineName));
            return log;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Writes down what has to be known after a kill, before it is so.</summary>
    public void Write(Func<RollbackNote, RollbackNote> change)
    {
        Note = change(Note);
        Update("note = $note", ("$note", JsonSerializer.Serialize(Note)));
    }

    /// <inheritdoc/>
    public int Begin(string name)
    {
        _journal.Query(
            "INSERT INTO rollback_step (rollback, number, name, started_at) VALUES ($id, $number, $name, $at)", _ => true,
            ("$id", Id), ("$number", ++_number), ("$name", name), ("$at", Now()));
        return _number;
    }

    /// <inheritdoc/>
    public void End(int step, StepOutcome outcome, string? detail) => _journal.Query(
        "UPDATE rollback_step SET outcome = $outcome, ended_at = $at, detail = $detail WHERE rollback = $id AND number = $number", _ => true,
        ("$id", Id), ("$number", step), ("$outcome", outcome.ToString()), ("$at", Now()), ("$detail", detail is null ? null : SecretScrubber.Scrub(detail)));

    /// <summary>Changes what is noted of a rollback that has ended.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public static void Amend(RollbackJournal.Entry entry, Func<RollbackNote, RollbackNote> change)
    {
        using var log = new RollbackLog(Journal.Open(), entry.Record.Id, entry.Note);
        log.Write(change);
    }

    /// <summary>Closes it.</summary>
    public void Close(RollbackState state, string? reason, TimeSpan? outage, IReadOnlyList<string> revisions) => Update(
        "state = $state, reason = $reason, outage_ms = $outage, revisions = $revisions, ended_at = $at",
        ("$state", state.ToString()), ("$reason", reason is null ? null : SecretScrubber.Scrub(reason)), ("$outage", outage?.TotalMilliseconds), ("$revisions", string.Join(' ', revisions)), ("$at", Now()));

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private void Update(string set, params (string Name, object? Value)[] parameters) =>
        _journal.Query($"UPDATE rollback SET {set} WHERE id = $id", _ => true, [.. parameters, ("$id", Id)]);

    private static string Now() => DateTimeOffset.UtcNow.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
