using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>One at a time: held while a deployment is changed. For this state folder a file, which the system lets go when the process dies; for all others
/// the engine's.</summary>
internal sealed class DeploymentLock : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _file;
    private readonly string _holder;
    private EngineLock? _shared;

    private DeploymentLock(FileStream file, string holder)
    {
        _file = file;
        _holder = holder;
    }

    private static string FolderIn(StateStore state) => Path.Combine(state.Folder, "locks");

    /// <summary>Takes the lock of a deployment of which nothing is unfinished, but for what the claim is about.</summary>
    /// <param name="engine">Its engine.</param>
    /// <param name="name">The deployment's name.</param>
    /// <param name="claim">What it is taken for.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>, which names who holds it; <c>RollbackUnfinished</c>, <c>PartInterrupted</c>,
    /// <c>OperationElsewhere</c>; <c>StateNotWritable</c>;
    /// those of the journal.</exception>
    public static async Task<DeploymentLock> TakeAsync(IContainerEngine engine, string name, LockClaim claim, CancellationToken cancellation)
    {
        var held = TakeFile(engine.Host, name, claim);
        try
        {
            held._shared = await EngineLock.TakeAsync(engine, name, claim, cancellation).ConfigureAwait(false);
            await UnfinishedWork.RequireNoneAsync(engine, name, claim, cancellation).ConfigureAwait(false);
            return held;
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether a process holds the lock of a deployment in this state folder. Looks only: whoever took the lock for a look would make another's
    /// taking fail.</summary>
    public static bool IsHeld(StateStore state, string dockerHost, string name) => FindHolder(state, dockerHost, name) is not null;

    /// <summary>Whether a process is at a rollback, or at its recovery.</summary>
    public static bool IsHeldFor(StateStore state, string dockerHost, string name, string rollback) =>
        FindHolder(state, dockerHost, name)?.Rollback == rollback;

    /// <summary>Refuses, before anybody is asked, what <see cref="TakeAsync(IContainerEngine, string, LockClaim, CancellationToken)"/> would refuse afterwards.
    /// Makes no file.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>, <c>StateNotWritable</c>.</exception>
    public static void RequireFree(StateStore state, string dockerHost, string name)
    {
        if (FindHolder(state, dockerHost, name) is { } holder)
            throw LockRefusal.InProgress(name, holder);
        if (NativeFile.WhyNotWritable(FolderIn(state)) is { } why)
            throw Errors.StateNotWritable(FolderIn(state), why);
    }

    /// <summary>The same, for all who may use the engine.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>, <c>StateNotWritable</c>; those of the engine.</exception>
    public static async Task RequireFreeAsync(IContainerEngine engine, StateStore state, string name, CancellationToken cancellation)
    {
        RequireFree(state, engine.Host, name);
        if (await EngineLock.FindHolderAsync(engine, name, cancellation).ConfigureAwait(false) is { } holder)
            throw LockRefusal.InProgress(name, holder);
    }

    // Of a process that ran elsewhere, such as in a container that is gone, the file itself has to tell.
    private static LockHolder? FindHolder(StateStore state, string dockerHost, string name) =>
        ReadHolder(HolderOf(state, dockerHost, name)) is { } holder
            && !holder.Process.IsGone() && (holder.Process.IsOfHere || IsFileHeld(state, dockerHost, name))
            ? holder : null;

    private static bool IsFileHeld(StateStore state, string dockerHost, string name)
    {
        try
        {
            using var file = new FileStream(FileOf(state, dockerHost, name), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return FileConflict.IsOthers(error);
        }
    }

    private static string FileOf(StateStore state, string dockerHost, string name) => Path.Combine(FolderIn(state), $"{KeyOf(dockerHost, name)}.lock");

    private static string HolderOf(StateStore state, string dockerHost, string name) => Path.Combine(FolderIn(state), $"{KeyOf(dockerHost, name)}.holder");

    private static LockHolder? ReadHolder(string path)
    {
        try
        {
            return LockHolder.TryParse(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static DeploymentLock TakeFile(string dockerHost, string name, LockClaim claim)
    {
        var (state, folder) = (claim.State, FolderIn(claim.State));
        var (path, holder) = (FileOf(state, dockerHost, name), HolderOf(state, dockerHost, name));
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(folder);
            RequireOwn(path, folder);
            RequireOwn(holder, folder);
            file = Open(path, holder, name);
            if (!NativeFile.IsAt(file.SafeFileHandle, path))
                throw Errors.LockFileForeign(path, "was replaced by another one while it was opened");
            File.Delete(holder);
            using (var written = new FileStream(holder, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite))
                written.Write(Encoding.UTF8.GetBytes(LockHolder.Own(claim).ToJson()));
            return new(file, holder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw Errors.StateNotWritable(folder, error);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    // Whoever takes it says at once who he is. Where nobody does, a process that is just being started has what its parent has let go, until it runs its own
    // program (fork(2)).
    private static FileStream Open(string path, string holder, string name)
    {
        for (var clock = Stopwatch.StartNew(); ; Thread.Sleep(Pause))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (FileConflict.IsOthers(error))
            {
                var who = ReadHolder(holder);
                if (who is not null || clock.Elapsed > Patience)
                    throw LockRefusal.InProgress(name, who);
            }
        }
    }

    // In a folder where others may make files.
    private static void RequireOwn(string path, string folder)
    {
        if (NativeFile.IsLink(path))
            throw Errors.LockFileForeign(path, $"is a link to {new FileInfo(path).LinkTarget}");
        if (NativeFile.IdentifyName(path) is { } && !NativeFile.IsTrusted(path, folder))
            throw Errors.LockFileForeign(path, "belongs to another user");
    }

    /// <summary>What a deployment's files in the state folder are called.</summary>
    public static string KeyOf(string dockerHost, string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{dockerHost}\n{name}")))[..16];

    /// <summary>Writes down on the engine what is known of the operation.</summary>
    /// <returns>Whether it could be: an engine without any image has no lock that could have it.</returns>
    /// <exception cref="ShoreGuardException">Those of the engine.</exception>
    public async Task<bool> RecordAsync(RollbackJournal.Entry entry)
    {
        if (_shared is null)
            return false;
        await _shared.WriteRecordAsync(entry).ConfigureAwait(false);
        return true;
    }

    /// <summary>What is done stays unfinished: whoever comes next, from wherever, is to be told.</summary>
    public void Leave() => _shared?.Leave();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_shared is not null)
                await _shared.DisposeAsync().ConfigureAwait(false);
            // Before the lock goes: the next holder writes its own.
            File.Delete(_holder);
        }
        finally
        {
            await _file.DisposeAsync().ConfigureAwait(false);
        }
    }
}
