using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>Writes one operation down as it goes: what has to be known after a kill on the engine first, where everybody finds it, and in the
/// journal; each step,
/// before it is taken and how it ended, in the journal.</summary>
/// <remarks>One connection from the first step to the last: opening the journal anew for each would be felt in the outage.</remarks>
internal sealed class RollbackLog : IStepLog, IDisposable
{
    /// <summary>Why one is closed that somebody with another state folder has brought to its end.</summary>
    public const string EndedElsewhere = "ended from another state folder";

    private readonly Journal _journal;
    private readonly DeploymentLock? _held;
    private RollbackJournal.Entry _entry;
    private int _number, _writes, _told;
    private TimeSpan _took;

    private RollbackLog(StateStore state, DeploymentLock? held, RollbackJournal.Entry entry)
    {
        State = state;
        (_journal, _held, _entry) = (state.OpenJournal(), held, entry);
    }

    /// <summary>The store with the journal.</summary>
    public StateStore State { get; }

    /// <summary>The operation's id.</summary>
    public string Id => _entry.Record.Id;

    /// <summary>The deployment's name.</summary>
    public string Name => _entry.Record.Name;

    /// <summary>The database's revisions before it.</summary>
    public IReadOnlyList<string> RevisionsBefore => _entry.Record.RevisionsBefore;

    /// <summary>What is noted for whoever has to end it.</summary>
    public RollbackNote Note => _entry.Note;

    /// <summary>Writes a new operation down.</summary>
    /// <param name="state">The store with the journal.</param>
    /// <param name="held">Its deployment's lock; null where the journal alone is to know of it.</param>
    /// <param name="entry">What is known of it.</param>
    /// <exception cref="ShoreGuardException"><c>PlanAlreadyRun</c>; those of the journal and of the engine.</exception>
    public static async Task<RollbackLog> BeginAsync(StateStore state, DeploymentLock? held, RollbackJournal.Entry entry)
    {
        var log = new RollbackLog(state, held, entry);
        try
        {
            if (log._journal.Query("SELECT 1 FROM rollback WHERE id = $id", _ => true, ("$id", log.Id)).Count > 0)
                throw Errors.PlanAlreadyRun(log.Id);
            await log.TellEngineAsync().ConfigureAwait(false);
            log.Insert();
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Goes on with one that was written down, here or by somebody else.</summary>
    /// <param name="state">The store with the journal.</param>
    /// <param name="held">Its deployment's lock; null where the journal alone is to know of it.</param>
    /// <param name="entry">What is known of it.</param>
    /// <param name="change">What is to be known from now on; null for the same.</param>
    /// <exception cref="ShoreGuardException">Those of the journal and of the engine.</exception>
    public static async Task<RollbackLog> ContinueAsync(
        StateStore state, DeploymentLock? held, RollbackJournal.Entry entry, Func<RollbackNote, RollbackNote>? change = null)
    {
        // One that was put back, and is run once more, is not at its end any more.
        entry = entry with
        {
            Record = entry.Record with { State = RollbackState.Unfinished, Reason = null, EndedAt = null, Revisions = [] },
            Note = change?.Invoke(entry.Note) ?? entry.Note,
        };
        var log = new RollbackLog(state, held, entry);
        try
        {
            log._number = log._journal.Query("SELECT coalesce(max(number), 0) FROM rollback_step WHERE rollback = $id", row =>
                row.GetInt32(0), ("$id", log.Id))[0];
            await log.TellEngineAsync().ConfigureAwait(false);
            log.Insert();
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>An id for a new operation.</summary>
    public static string NewId() => Guid.NewGuid().ToString("n")[..8];

    /// <summary>What is written down of any operation on a deployment.</summary>
    public static RollbackRecord RecordOf(string id, OperationKind kind, RollbackStrategy strategy, Deployment deployment) => new()
    {
        Id = id,
        Kind = kind,
        Name = ImageRollback.NameOf(deployment),
        DockerHost = deployment.DockerHost,
        State = RollbackState.Unfinished,
        Strategy = strategy,
        ImageBefore = deployment.Image,
        Image = deployment.Image,
        VersionBefore = deployment.Identity?.Version,
        StartedAt = DateTimeOffset.UtcNow,
        ProcessId = Environment.ProcessId,
        Machine = Environment.MachineName,
    };

    /// <summary>What has to be known of its deployment.</summary>
    public static RollbackNote NoteOf(Deployment deployment, bool wasRunning, string backupFolder) => new()
    {
        ContainerBefore = deployment.ContainerId,
        ImageBefore = ImageReference.TryParse(deployment.Image) is { } reference
        ? (reference with { Digest = deployment.Digest ?? reference.Digest }).ToString() : deployment.Image,
        WasRunning = wasRunning,
        BackupFolder = backupFolder,
    };

    /// <summary>An outage together with those of the parts that were interrupted before it; null when there was none.</summary>
    public TimeSpan? Total(TimeSpan? outage) => outage is null && Note.OutageBefore == TimeSpan.Zero ? null : (outage ?? TimeSpan.Zero) + Note.OutageBefore;

    /// <summary>Writes, where that it cannot be done is only to be told.</summary>
    public static void Try(Action write, IReporter reporter)
    {
        try
        {
            write();
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"The journal could not be written: {Errors.Reason(error.InnerException ?? error)}.");
        }
    }

    /// <summary>What <see cref="BeginAsync"/> needs to know of a rollback.</summary>
    public static RollbackJournal.Entry EntryOf(RollbackPlan plan, RollbackNote note, string? reverts) => new(
        RecordOf(plan.Id, OperationKind.Rollback, plan.Strategy, plan.Deployment) with
        {
            Name = plan.Name,
            Image = plan.Image,
            VersionBefore = plan.From?.Version,
            Version = plan.To.Version,
            RevisionsBefore = plan.Schema.Revisions,
            Reverts = reverts,
        },
        plan.Options, note);

    /// <summary>Writes down what has to be known after a kill, before it is so.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal and of the engine.</exception>
    public async Task WriteAsync(Func<RollbackNote, RollbackNote> change)
    {
        _entry = _entry with { Note = change(Note) };
        await TellEngineAsync().ConfigureAwait(false);
        Update("note = $note", ("$note", JsonSerializer.Serialize(Note)));
    }

    /// <inheritdoc/>
    public int Begin(string name)
    {
        Write(
            "INSERT INTO rollback_step (rollback, number, name, started_at) VALUES ($id, $number, $name, $at)",
            ("$id", Id), ("$number", ++_number), ("$name", name), ("$at", Text(DateTimeOffset.UtcNow)));
        return _number;
    }

    /// <inheritdoc/>
    public void End(int step, StepOutcome outcome, string? detail) => Write(
        "UPDATE rollback_step SET outcome = $outcome, ended_at = $at, detail = $detail WHERE rollback = $id AND number = $number",
        ("$id", Id), ("$number", step), ("$outcome", outcome.ToString()), ("$at", Text(DateTimeOffset.UtcNow)),
        ("$detail", detail is null ? null : SecretScrubber.Scrub(detail)));

    /// <summary>Changes what is noted of a rollback that has ended.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public static void Amend(StateStore state, RollbackJournal.Entry entry, Func<RollbackNote, RollbackNote> change)
    {
        using var log = new RollbackLog(state, held: null, entry);
        log.Update("note = $note", ("$note", JsonSerializer.Serialize(change(entry.Note))));
    }

    /// <summary>Notes of one that somebody with another state folder has brought to its end.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public static void CloseElsewhere(StateStore state, RollbackJournal.Entry entry)
    {
        using var log = new RollbackLog(state, held: null, entry);
        log.Close(RollbackState.Closed, EndedElsewhere, null, []);
    }

    /// <summary>Closes it in the journal. On the engine it ends with the lock.</summary>
    public void Close(RollbackState state, string? reason, TimeSpan? outage, IReadOnlyList<string> revisions) => Update(
        "state = $state, reason = $reason, outage_ms = $outage, revisions = $revisions, ended_at = $at",
        ("$state", state.ToString()), ("$reason", reason is null ? null : SecretScrubber.Scrub(reason)), ("$outage", outage?.TotalMilliseconds),
        ("$revisions", string.Join(' ', revisions)), ("$at", Text(DateTimeOffset.UtcNow)));

    /// <summary>What it has cost so far to write it down.</summary>
    public string Cost => string.Create(
        CultureInfo.InvariantCulture, $"Written down in {_took.TotalMilliseconds:0} ms: {_writes} times in the journal, {_told} times on the engine");

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private async Task TellEngineAsync()
    {
        if (_held is null)
            return;
        var began = Stopwatch.GetTimestamp();
        _entry = _entry with { IsOnEngine = await _held.RecordAsync(_entry).ConfigureAwait(false) };
        (_told, _took) = (_told + 1, _took + Stopwatch.GetElapsedTime(began));
    }

    private void Insert()
    {
        var record = _entry.Record;
        Write(
            """
            INSERT INTO rollback (id, docker_host, deployment, state, strategy, image_before, image, version_before, version, revisions_before, revisions, options, note, reverts, process, machine, started_at, kind, on_engine)
            VALUES ($id, $host, $name, $state, $strategy, $before, $image, $versionBefore, $version, $revisions, '', $options, $note, $reverts, $process, $machine, $at, $kind, $onEngine)
            ON CONFLICT (id) DO UPDATE SET docker_host = excluded.docker_host, state = excluded.state, note = excluded.note, reason = NULL, ended_at = NULL, process = excluded.process, machine = excluded.machine, on_engine = excluded.on_engine
            """,
            ("$id", record.Id), ("$host", record.DockerHost), ("$name", record.Name), ("$state", nameof(RollbackState.Unfinished)),
            ("$strategy", record.Strategy.ToString()),
            ("$before", record.ImageBefore), ("$image", record.Image), ("$versionBefore", record.VersionBefore), ("$version", record.Version),
            ("$revisions", string.Join(' ', record.RevisionsBefore)), ("$options", JsonSerializer.Serialize(_entry.Options)),
            ("$note", JsonSerializer.Serialize(Note)), ("$reverts", record.Reverts),
            ("$process", Environment.ProcessId), ("$machine", Environment.MachineName), ("$at", Text(record.StartedAt)), ("$kind", record.Kind.ToString()),
            ("$onEngine", _entry.IsOnEngine));
    }

    private void Update(string set, params (string Name, object? Value)[] parameters) =>
        Write($"UPDATE rollback SET {set} WHERE id = $id", [.. parameters, ("$id", Id)]);

    private void Write(string sql, params (string Name, object? Value)[] parameters)
    {
        var began = Stopwatch.GetTimestamp();
        _journal.Query(sql, _ => true, parameters);
        (_writes, _took) = (_writes + 1, _took + Stopwatch.GetElapsedTime(began));
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
