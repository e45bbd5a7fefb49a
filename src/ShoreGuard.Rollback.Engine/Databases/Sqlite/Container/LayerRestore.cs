using System.Formats.Tar;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;

/// <summary>Restores a SQLite database in a container's own layer, while the container is stopped.</summary>
/// <remarks>
/// Nothing runs in a stopped container, so the engine does the swap: one archive gives the old database a second name and puts the copy
/// in its place by hard links, entry after entry. An archive can neither rename nor delete; what is to go is made empty, which is
/// nothing to SQLite, and is deleted where the container runs. The engine syncs nothing itself; the kernel does, when the engine unmounts
/// the layer of a stopped container after each archive (overlayfs: <c>generic_shutdown_super</c> syncs the file system beneath).
/// </remarks>
internal sealed class LayerRestore : IRestore
{
    private static readonly string[] Companions = ["-wal", "-journal", "-shm"];

    private readonly LayerSite _site;
    private readonly string? _backupPath;
    private readonly CheckRecorder _checks;
    private readonly PosixTarEntry? _present;
    private readonly PosixTarEntry _folder;
    private readonly string _copy;
    private readonly string _keptName;
    private readonly bool _force;
    private readonly List<string> _movedAside = [];
    private string? _digest;
    private bool _swapped;

    private LayerRestore(LayerSite site, (string? BackupPath, string? Kept) source, CheckRecorder checks, DatabaseContents? contents, DatabaseContents? before,
        (PosixTarEntry? Present, PosixTarEntry Folder) rights, string keptName, bool force)
    {
        _site = site;
        // Always the same name for the copy of a backup: one that a killed restore has left is written over by the next.
        (_backupPath, _copy) = (source.BackupPath, source.Kept ?? $"{site.Path}.restoring");
        _checks = checks;
        Contents = contents;
        Before = before;
        (_present, _folder) = rights;
        _keptName = keptName;
        _force = force;
    }

    public string How => "in the container's own layer, which is lost when the container is replaced; the present database is kept under another name";
    public DatabaseContents? Before { get; }
    public DatabaseContents? Contents { get; }
    public string? Kept => _swapped && _present is not null ? _site.LocationOf(_keptName) : null;
    public long Size { get; private set; }
    public IReadOnlyList<DatabaseCheck> Checks => _checks.Checks;

    /// <inheritdoc cref="IDatabase.PlanRestoreAsync"/>
    public static async Task<LayerRestore> PlanAsync(
        LayerSite site, string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var checks = new CheckRecorder(reporter);
        var contents = ContainerRestoreChecks.Prove(site, backupPath, checks, options, cancellation);
        var rights = await RightsAsync(site, cancellation).ConfigureAwait(false);
        var look = await LookAsync(site, new FileInfo(backupPath).Length, options, cancellation).ConfigureAwait(false);
        return new(site, (backupPath, null), checks, contents, AgentAnswers.TryContents(look.At("before")), rights,
            await FreeNameAsync(site, cancellation).ConfigureAwait(false), options.Force);
    }

    /// <summary>Plans to put back what a restore kept: the two files change places.</summary>
    public static async Task<LayerRestore> PlanUndoAsync(
        LayerSite site, string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation)
    {
        var checks = new CheckRecorder(reporter);
        var source = LayerSite.InsideOf(kept);
        var rights = await RightsAsync(site, cancellation).ConfigureAwait(false);
        var look = await LookAsync(site, needed: 0, options, cancellation).ConfigureAwait(false);
        await using var agent = await SqliteAgent.AloneAsync(site.Engine, site.Application, cancellation).ConfigureAwait(false);
        if (ContainerFiles.FolderOf(source) != ContainerFiles.FolderOf(site.Path))
            throw Errors.KeptElsewhere(kept, site.Location);
        // What was put back is left empty under this name.
        if (await site.Engine.FindFileAsync(site.Id, source, cancellation).ConfigureAwait(false) is null or { Size: 0 })
            throw Errors.KeptMissing(kept, []);
        await site.CopyAsync(source, agent.ContainerId, cancellation).ConfigureAwait(false);
        foreach (var suffix in Companions)
            await site.CopyAsync(source + suffix, agent.ContainerId, cancellation).ConfigureAwait(false);
        var contents = await ContainerRestoreChecks.ProveKeptAsync(site, agent, "/" + NameOf(source), kept, checks, options, reporter, cancellation)
            .ConfigureAwait(false);
        return new(site, (null, source), checks, contents, AgentAnswers.TryContents(look.At("before")), rights,
            await FreeNameAsync(site, cancellation).ConfigureAwait(false), options.Force);
    }

    private static async Task<(PosixTarEntry? Present, PosixTarEntry Folder)> RightsAsync(LayerSite site, CancellationToken cancellation)
    {
        var folder = ContainerFiles.FolderOf(site.Path);
        var rights = await site.RightsAsync(folder, cancellation).ConfigureAwait(false) ?? throw Errors.DatabaseFolderMissing(site.LocationOf(folder));
        return (await site.RightsAsync(site.Path, cancellation).ConfigureAwait(false), rights);
    }

    private static async Task<JsonNode?> LookAsync(LayerSite site, long needed, RestoreOptions options, CancellationToken cancellation)
    {
        await using var agent = await site.OpenAsync(cancellation).ConfigureAwait(false);
        var look = await site.AskAsync(agent, "look", cancellation).ConfigureAwait(false);
        ContainerRestoreChecks.Target(site, look!, needed, options);
        if (agent.MovedTo is null && look.Text("path") != site.Path)
            throw Errors.DatabaseIsLink(site.Location, look.Text("path")!);
        return look;
    }

    public async Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation)
    {
        if (_backupPath is null)
            return;
        await steps.RunAsync("Copy the backup beside the database", async () =>
        {
            await ContainerFiles.SendAsync(_site.Engine, _site.Id, _backupPath!, _copy, reporter, cancellation, Model()).ConfigureAwait(false);
            return _site.LocationOf(_copy);
        }, () => ForgetAsync(_copy)).ConfigureAwait(false);
        await steps.RunAsync("Prove the copy", () => ProveCopyAsync(cancellation)).ConfigureAwait(false);
    }

    public async Task SwapAsync(StepRecorder steps, CancellationToken cancellation)
    {
        await steps.RunAsync("Check that the container does not run", RequireStoppedAsync).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        await steps.RunAsync("Keep the old database under another name, and put the copy in its place", SwapAsync, UnswapAsync).ConfigureAwait(false);
        await steps.RunAsync("Prove the database in its place", ProveInPlaceAsync).ConfigureAwait(false);
    }

    public Task CleanUpAsync() => Task.CompletedTask;

    // What came back out of the container is proven, in a container of its own.
    private async Task<string?> ProveCopyAsync(CancellationToken cancellation)
    {
        _digest = await BackupChecksum.HashAsync(_backupPath!, cancellation).ConfigureAwait(false);
        var found = await _checks.RunAsync("copy: SHA-256, quick_check, foreign_key_check, revision and rows", async () =>
        {
            var contents = await ProveAsync(_copy, cancellation).ConfigureAwait(false);
            return contents.Revision == Contents!.Revision && contents.Rows.SequenceEqual(Contents.Rows)
                ? (contents, (string?)contents.Describe())
                : throw Errors.RestoreCopyDamaged(_site.Location, $"it holds {contents.Describe()}, the backup {Contents.Describe()}");
        }).ConfigureAwait(false);
        return found.Describe();
    }

    private async Task<DatabaseContents> ProveAsync(string file, CancellationToken cancellation)
    {
        await using var agent = await SqliteAgent.AloneAsync(_site.Engine, _site.Application, cancellation).ConfigureAwait(false);
        if (!await _site.CopyAsync(file, agent.ContainerId, cancellation).ConfigureAwait(false))
            throw Errors.RestoreDisturbed(_site.Location, $"{file} is not there any more");
        try
        {
            var name = "/" + file[(file.LastIndexOf('/') + 1)..];
            JsonObject work = _digest is null ? new() { ["do"] = "examine", ["path"] = name, ["dangling_allowed"] = true }
                : new() { ["do"] = "prove", ["path"] = name, ["digest"] = _digest, ["dangling_allowed"] = _force };
            var answer = await agent.AskAsync(work, cancellation).ConfigureAwait(false);
            Size = AgentAnswers.Number(answer, "size");
            return AgentAnswers.Contents(answer);
        }
        catch (SqliteAgentException error)
        {
            throw Errors.FromAgentRestore(_site.Location, [], error.Problem, error);
        }
    }

    private async Task<string?> RequireStoppedAsync() =>
        (await _site.StateAsync(CancellationToken.None).ConfigureAwait(false)).Status is "running" or "restarting" or "paused"
            ? throw Errors.ContainerNotStopped(_site.Deployment.Name) : null;

    private async Task<string?> SwapAsync()
    {
        var entries = new List<TarEntry>();
        if (_present is not null)
            entries.Add(Link(_keptName, _site.Path));
        foreach (var suffix in Companions)
        {
            if (await _site.Engine.FindFileAsync(_site.Id, _site.Path + suffix, CancellationToken.None).ConfigureAwait(false) is null)
                continue;
            _movedAside.Add(suffix);
            entries.AddRange([Link(_keptName + suffix, _site.Path + suffix), Empty(_site.Path + suffix)]);
        }
        entries.AddRange([Link(_site.Path, _copy), Empty(_copy)]);
        await PutAsync(entries).ConfigureAwait(false);
        _swapped = true;
        return Kept is { } kept ? $"old one: {kept}" : _site.Location;
    }

    private async Task<string?> ProveInPlaceAsync()
    {
        if (Contents is null)
            return "not proven: it was not whole when it was kept";
        var found = await ProveAsync(_site.Path, CancellationToken.None).ConfigureAwait(false);
        await RequireStoppedAsync().ConfigureAwait(false);
        return found.Revision == Contents.Revision
            ? $"revision {found.Revision}" : throw Errors.RestoreDisturbed(_site.Location, $"it is at revision {found.Revision}");
    }

    // Asks the folder how far the swap got: the answer of the engine may have been lost on the way.
    private async Task UnswapAsync()
    {
        var entries = new List<TarEntry>();
        // What was put back is to be found under its own name again, which the swap has made empty last of all.
        if (_backupPath is null && await _site.Engine.FindFileAsync(_site.Id, _copy, CancellationToken.None).ConfigureAwait(false) is { Size: 0 })
            entries.Add(Link(_copy, _site.Path));
        foreach (var (name, kept) in _movedAside.Append("").Select(suffix => (_site.Path + suffix, _keptName + suffix)))
        {
            if (await _site.Engine.FindFileAsync(_site.Id, kept, CancellationToken.None).ConfigureAwait(false) is not null)
                entries.AddRange([Link(name, kept), Empty(kept)]);
            else if (_present is null
                && name == _site.Path && await _site.Engine.FindFileAsync(_site.Id, name, CancellationToken.None).ConfigureAwait(false) is not null)
                entries.Add(Empty(name));
        }
        await PutAsync(entries).ConfigureAwait(false);
        _swapped = false;
    }

    // An application that was stopped for the restore runs again by now.
    private async Task ForgetAsync(string file)
    {
        string[] files = [file, _keptName, .. Companions.Select(suffix => _keptName + suffix)];
        if ((await _site.StateAsync(CancellationToken.None).ConfigureAwait(false)).Status == "running")
        {
            await using var agent = await SqliteAgent.InsideAsync(_site.Engine, _site.Id, CancellationToken.None).ConfigureAwait(false);
            foreach (var each in files)
                await _site.AskAsync(agent, new JsonObject { ["do"] = "remove", ["path"] = each }, CancellationToken.None).ConfigureAwait(false);
        }
        else if (await _site.Engine.FindFileAsync(_site.Id, file, CancellationToken.None).ConfigureAwait(false) is not null)
        {
            await PutAsync([Empty(file)]).ConfigureAwait(false);
        }
    }

    private Task PutAsync(IReadOnlyList<TarEntry> entries) =>
        ContainerFiles.PutAsync(_site.Engine, _site.Id, ContainerFiles.FolderOf(_site.Path), entries, CancellationToken.None);

    private PaxTarEntry Link(string name, string to)
    {
        var entry = ContainerFiles.Entry(TarEntryType.HardLink, NameOf(name), Model());
        entry.LinkName = NameOf(to);
        return entry;
    }

    private PaxTarEntry Empty(string name) => ContainerFiles.Entry(TarEntryType.RegularFile, NameOf(name), Model());

    private PosixTarEntry Model() =>
        _present ?? new PaxTarEntry(
        TarEntryType.RegularFile, "new") { Uid = _folder.Uid, Gid = _folder.Gid, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite };

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static async Task<string> FreeNameAsync(LayerSite site, CancellationToken cancellation)
    {
        var stem = $"{site.Path}.before-restore-{BackupFile.Stamp(DateTimeOffset.UtcNow)}";
        var name = stem;
        for (var number = 2; await site.Engine.FindFileAsync(site.Id, name, cancellation).ConfigureAwait(false) is not null; number++)
            name = $"{stem}-{number}";
        return name;
    }
}
