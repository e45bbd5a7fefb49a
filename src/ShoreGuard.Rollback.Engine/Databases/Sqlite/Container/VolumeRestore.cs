using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;

/// <summary>Restores a SQLite database in a volume from inside a container: as <see cref="SqliteRestore"/> does on this machine.</summary>
internal sealed class VolumeRestore : IRestore
{
    private readonly VolumeSite _site;
    private readonly string? _backupPath;
    private readonly CheckRecorder _checks;
    private readonly string _target;
    private readonly bool _existed;
    private readonly IReadOnlyList<string> _strayCopies;
    private readonly bool _force;
    private SqliteAgent? _agent;
    private string? _copy;
    private string? _keptName;
    private bool _wasWal;
    private bool _swapBegun;
    private bool _swapped;

    // The source is a backup here, or a kept database there.
    private VolumeRestore(
        VolumeSite site, (string? BackupPath, string? Kept) source, DatabaseContents? contents, JsonNode look, CheckRecorder checks, bool force)
    {
        _site = site;
        (_backupPath, _copy) = source;
        _force = force;
        _checks = checks;
        Contents = contents;
        Before = AgentAnswers.TryContents(look.At("before"));
        _target = look.Text("path")!;
        _existed = AgentAnswers.Flag(look, "exists");
        _strayCopies = look.Texts("copies");
    }

    public string How => "inside a one-off container that has the volume; the present database is kept under another name";
    public DatabaseContents? Before { get; }
    public DatabaseContents? Contents { get; }
    public string? Kept => _swapped && _existed ? _site.LocationOf(_keptName!) : null;
    public string? KeptName => _existed && _keptName is not null ? _site.LocationOf(_keptName) : null;
    public long Size { get; private set; }
    public IReadOnlyList<DatabaseCheck> Checks => _checks.Checks;

    private string Shown => _site.LocationOf(_target);

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public static async Task<VolumeRestore> PlanAsync(
        VolumeSite site, string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var checks = new CheckRecorder(reporter);
        var contents = ContainerRestoreChecks.Prove(site, backupPath, checks, options, cancellation);
        await using var agent = await site.OpenAsync(cancellation).ConfigureAwait(false);
        var look = await site.AskAsync(agent, "look", cancellation).ConfigureAwait(false);
        ContainerRestoreChecks.Target(site, look!, new FileInfo(backupPath).Length, options);
        var restore = new VolumeRestore(site, (backupPath, null), contents, look!, checks, options.Force);
        if (!options.ApplicationIsManaged && restore._existed)
            await restore.RequireFreeAsync(agent, restore._target, cancellation).ConfigureAwait(false);
        return restore;
    }

    /// <summary>Plans to put back what a restore kept: the two files change places.</summary>
    public static async Task<VolumeRestore> PlanUndoAsync(
        VolumeSite site, string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var checks = new CheckRecorder(reporter);
        await using var agent = await site.OpenAsync(cancellation).ConfigureAwait(false);
        var look = await site.AskAsync(agent, "look", cancellation).ConfigureAwait(false);
        var source = VolumeSite.InsideOf(kept);
        // Only inside one folder is it one rename, and durable.
        if (ContainerFiles.FolderOf(source) != ContainerFiles.FolderOf(look.Text("path")!))
            throw Errors.KeptElsewhere(kept, site.Location);
        ContainerRestoreChecks.Target(site, look!, needed: 0, options);
        var contents = await ContainerRestoreChecks.ProveKeptAsync(site, agent, source, kept, checks, options, reporter, cancellation).ConfigureAwait(false);
        var restore = new VolumeRestore(site, (null, source), contents, look!, checks, options.Force);
        await restore.RequireFreeAsync(agent, source, cancellation).ConfigureAwait(false);
        if (!options.ApplicationIsManaged && restore._existed)
            await restore.RequireFreeAsync(agent, restore._target, cancellation).ConfigureAwait(false);
        return restore;
    }

    public async Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        _agent = await _site.OpenAsync(cancellation).ConfigureAwait(false);
        var stamp = BackupFile.Stamp(DateTimeOffset.UtcNow);
        _keptName = (await AskAsync(_agent, new() { ["do"] = "free_name", ["path"] = _target, ["stamp"] = stamp }, cancellation).ConfigureAwait(false)).Text()
            ?? throw Errors.AgentAnswerInvalid("free_name");
        if (_backupPath is null)
            return;
        await RemoveStrayCopiesAsync(reporter, cancellation).ConfigureAwait(false);
        // Its name says whose it is, so that the next restore knows whether it is still needed.
        _copy = $"{_target}.restoring-{_agent.ContainerId}";
        await steps.RunAsync("Copy the backup beside the database", async () =>
        {
            await CopyAsync(reporter, cancellation).ConfigureAwait(false);
            return _site.LocationOf(_copy);
        }, RemoveCopyAsync).ConfigureAwait(false);
        await steps.RunAsync("Prove the copy", () => ProveCopyAsync(cancellation)).ConfigureAwait(false);
    }

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        if (_existed)
            await steps.RunAsync("Lock the old database and fold its WAL in", LockAsync, UnlockAsync).ConfigureAwait(false);
        else
            steps.Skip("Lock the old database and fold its WAL in", "there is none");
        cancellation.ThrowIfCancellationRequested();
        await steps.RunAsync("Keep the old database under another name, and put the copy in its place", SwapAsync, UnswapAsync).ConfigureAwait(false);
        await steps.RunAsync("Prove the database in its place", ProveInPlaceAsync).ConfigureAwait(false);
    }

    public async Task CleanUpAsync()
    {
        if (_agent is not null)
            await _agent.DisposeAsync().ConfigureAwait(false);
        _agent = null;
    }

    // Those of restores that were killed. The name of each ends in the id of the container that worked for it.
    private async Task RemoveStrayCopiesAsync(IReporter reporter, CancellationToken cancellation)
    {
        foreach (var copy in _strayCopies)
        {
            if (copy[(copy.LastIndexOf('-') + 1)..] is not { Length: 64 } owner
                || await HelperContainer.RunsAsync(_site.Engine, owner, cancellation).ConfigureAwait(false))
                continue;
            await AskAsync(_agent!, new() { ["do"] = "remove", ["path"] = copy }, cancellation).ConfigureAwait(false);
            reporter.Verbose($"Removed {_site.LocationOf(copy)}, which a restore that was killed has left.");
        }
    }

    private Task RequireFreeAsync(SqliteAgent agent, string file, CancellationToken cancellation) =>
        AskAsync(agent, new() { ["do"] = "alone", ["path"] = file }, cancellation);

    private async Task CopyAsync(IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            await _agent!.SendAsync(_backupPath!, _copy!, reporter, cancellation).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw Errors.RestoreNotWritable(Shown, error);
        }
        await AskAsync(_agent, new() { ["do"] = "take_over", ["copy"] = _copy, ["path"] = _target }, cancellation).ConfigureAwait(false);
    }

    private async Task<string?> ProveCopyAsync(CancellationToken cancellation)
    {
        var digest = await BackupChecksum.HashAsync(_backupPath!, cancellation).ConfigureAwait(false);
        var found = await _checks.RunAsync("copy: SHA-256, quick_check, foreign_key_check, revision and rows", async () =>
        {
            var answer = await AskAsync(_agent!, new() { ["do"] = "prove", ["path"] = _copy, ["digest"] = digest, ["dangling_allowed"] = _force }, cancellation)
                .ConfigureAwait(false);
            Size = AgentAnswers.Number(answer, "size");
            var contents = AgentAnswers.Contents(answer);
            return contents.Revision == Contents!.Revision && contents.Rows.SequenceEqual(Contents.Rows)
                ? (contents, (string?)contents.Describe())
                : throw Errors.RestoreCopyDamaged(Shown, $"it holds {contents.Describe()}, the backup {Contents.Describe()}");
        }).ConfigureAwait(false);
        return found.Describe();
    }

    // From here on nothing is left half-way: what has been asked for is waited for.
    private async Task<string?> LockAsync()
    {
        var answer = await AskAsync(_agent!, new() { ["do"] = "lock", ["path"] = _target }, CancellationToken.None).ConfigureAwait(false);
        _wasWal = AgentAnswers.Flag(answer, "wasWal");
        return answer.Text("detail");
    }

    private async Task<string?> SwapAsync()
    {
        _swapBegun = true;
        await AskAsync(_agent!, new() { ["do"] = "swap", ["path"] = _target, ["copy"] = _copy, ["kept"] = _keptName }, CancellationToken.None)
            .ConfigureAwait(false);
        _swapped = true;
        return Kept is { } kept ? $"old one: {kept}" : Shown;
    }

    private async Task<string?> ProveInPlaceAsync()
    {
        if (Contents is null)
            return "not proven: it was not whole when it was kept";
        var revision = (await AskAsync(_agent!, new() { ["do"] = "prove_in_place", ["path"] = _target }, CancellationToken.None).ConfigureAwait(false)).Text();
        return revision == Contents.Revision ? $"revision {revision}" : throw Errors.RestoreDisturbed(Shown, $"it is at revision {revision}");
    }

    private Task RemoveCopyAsync() => UndoAsync(new() { ["do"] = "remove", ["path"] = _copy });

    private Task UnlockAsync() => UndoAsync(new() { ["do"] = "unlock", ["path"] = _target, ["was_wal"] = _wasWal });

    private async Task UnswapAsync()
    {
        if (_swapBegun)
            await UndoAsync(new() { ["do"] = "unswap", ["path"] = _target, ["copy"] = _copy, ["kept"] = _keptName, ["existed"] = _existed })
                .ConfigureAwait(false);
        _swapped = false;
    }

    // The agent may be what has failed, or may still be busy with what was stopped; a fresh one finds everything by its name.
    private async Task UndoAsync(JsonObject work)
    {
        if (_agent is { IsLost: true })
            await CleanUpAsync().ConfigureAwait(false);
        _agent ??= await _site.OpenAsync(CancellationToken.None).ConfigureAwait(false);
        await AskAsync(_agent, work, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<JsonNode?> AskAsync(SqliteAgent agent, JsonObject work, CancellationToken cancellation)
    {
        try
        {
            return await agent.AskAsync(work, cancellation).ConfigureAwait(false);
        }
        catch (SqliteAgentException error)
        {
            var neighbours = error.Problem == "busy" ? await _site.NeighboursAsync(cancellation).ConfigureAwait(false) : [];
            throw Errors.FromAgentRestore(Shown, neighbours, error.Problem, error);
        }
    }
}
