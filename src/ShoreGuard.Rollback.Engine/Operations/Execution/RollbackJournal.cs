using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>The rollbacks that the journal knows.</summary>
/// <param name="state">The store with the journal.</param>
public sealed class RollbackJournal(StateStore state)
{
    private const string Columns = """
        id, docker_host, deployment, state, strategy, image_before, image, version_before, version, revisions_before, revisions, options, note, reason, outage_ms, reverts, process, machine, started_at, ended_at,
        kind, on_engine
        """;

    /// <summary>A row as it is, with what only the engine needs.</summary>
    internal sealed record Entry(RollbackRecord Record, RollbackOptions Options, RollbackNote Note)
    {
        /// <summary>Whether the engine has been told of it as well: then it is the engine that knows how it stands.</summary>
        public bool IsOnEngine { get; init; }
    }

    /// <summary>The rollbacks, the latest first. Makes no file.</summary>
    /// <param name="name">Of this deployment; null for all.</param>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyList<RollbackRecord> All(string? name = null)
    {
        using var journal = state.TryReadJournal();
        return journal is null ? []
            : [.. Read(journal, name is null ? "" : "WHERE deployment = $name", ("$name", name))
            .Select(entry => entry.Record with { Steps = Steps(journal, entry.Record.Id) })];
    }

    /// <summary>Those that can be gone on with.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyList<RollbackRecord> Resumable() => [.. All().Where(rollback => rollback.IsUnfinished)];

    /// <summary>Those that can be undone: what was interrupted, and of each deployment the last that has succeeded, since one before it was
    /// overtaken.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyList<RollbackRecord> Undoable()
    {
        var all = All();
        var last = all.Where(rollback => rollback.State == RollbackState.Succeeded).DistinctBy(rollback => (rollback.DockerHost, rollback.Name)).ToHashSet();
        return [.. all.Where(rollback => rollback.IsUnfinished || last.Contains(rollback))];
    }

    /// <summary>One rollback, by its id or the first digits of it.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackNotFound</c>; those of the journal.</exception>
    public RollbackRecord Find(string id) => Get(id).Record;

    /// <summary>One rollback by its id, or the only one whose id begins so.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackNotFound</c>; those of the journal.</exception>
    internal Entry Get(string id)
    {
        using var journal = state.TryReadJournal();
        var found = journal is null ? [] : Read(journal, "WHERE substr(id, 1, length($id)) = $id", ("$id", id.ToLowerInvariant()));
        return found is [var only]
            ? only with { Record = only.Record with { Steps = Steps(journal!, only.Record.Id) } } : throw Errors.RollbackNotFound(id, found.Count);
    }

    /// <summary>The same; null where there is none, or more than one.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    internal Entry? TryGet(string id)
    {
        using var journal = state.TryReadJournal();
        return journal is not null && Read(journal, "WHERE substr(id, 1, length($id)) = $id", ("$id", id.ToLowerInvariant())) is [var only] ? only : null;
    }

    /// <summary>The rollback of a deployment that was not brought to an end; null when there is none.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    internal Entry? FindUnfinished(string dockerHost, string name)
    {
        using var journal = state.TryReadJournal();
        return journal is null ? null
            : Read(journal, $"WHERE docker_host = $host AND deployment = $name AND state = '{nameof(RollbackState.Unfinished)}'", ("$host", dockerHost),
            ("$name", name)).FirstOrDefault();
    }

    /// <summary>The rollbacks on an engine that no process is at and that were not brought to an end.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    internal IReadOnlyList<Entry> AllUnfinished(string dockerHost)
    {
        using var journal = state.TryReadJournal();
        var found = journal is null ? [] : Read(journal, $"WHERE docker_host = $host AND state = '{nameof(RollbackState.Unfinished)}'", ("$host", dockerHost));
        return [.. found.Where(entry => entry.Record.IsUnfinished)];
    }

    private List<Entry> Read(Journal journal, string where, params (string Name, object? Value)[] parameters) =>
        journal.Query($"SELECT {Columns} FROM rollback {where} ORDER BY started_at DESC, rowid DESC", ReadRow, parameters);

    private Entry ReadRow(SqliteDataReader row)
    {
        var note = JsonSerializer.Deserialize<RollbackNote>(row.GetString(12))!;
        var (host, name, ended) = (row.GetString(1), row.GetString(2), Enum.Parse<RollbackState>(row.GetString(3)));
        var record = new RollbackRecord
        {
            Id = row.GetString(0),
            Kind = Enum.Parse<OperationKind>(row.GetString(20)),
            DockerHost = host,
            Name = name,
            State = ended == RollbackState.Unfinished && DeploymentLock.IsHeldFor(state, host, name, row.GetString(0)) ? RollbackState.UnderWay : ended,
            Strategy = Enum.Parse<RollbackStrategy>(row.GetString(4)),
            ImageBefore = row.GetString(5),
            Image = row.GetString(6),
            VersionBefore = Text(row, 7),
            Version = Text(row, 8),
            RevisionsBefore = Words(row.GetString(9)),
            Revisions = Words(row.GetString(10)),
            BackupPath = note.BackupPath,
            Kept = note.Left is [.., var left] ? left : note.Kept,
            Reason = Text(row, 13),
            Outage = row.IsDBNull(14) ? null : TimeSpan.FromMilliseconds(row.GetDouble(14)),
            Reverts = Text(row, 15),
            ProcessId = row.GetInt32(16),
            Machine = row.GetString(17),
            StartedAt = Time(row.GetString(18)),
            EndedAt = Text(row, 19) is { } end ? Time(end) : null,
        };
        return new(record, JsonSerializer.Deserialize<RollbackOptions>(row.GetString(11))!, note) { IsOnEngine = row.GetBoolean(21) };
    }

    private static List<RollbackStep> Steps(Journal journal, string id) => journal.Query(
        "SELECT number, name, outcome, started_at, ended_at, detail FROM rollback_step WHERE rollback = $id ORDER BY number", row => new RollbackStep
        {
            Number = row.GetInt32(0),
            Name = row.GetString(1),
            Outcome = Text(row, 2) is { } outcome ? Enum.Parse<StepOutcome>(outcome) : null,
            StartedAt = Time(row.GetString(3)),
            EndedAt = Text(row, 4) is { } ended ? Time(ended) : null,
            Detail = Text(row, 5),
        }, ("$id", id));

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
