using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>The copy of a backup that will become the database.</summary>
internal static class SqliteCopy
{
    private const int ChunkSize = 16 << 20;
    private const int BufferSize = 1 << 20;

    /// <summary>Copies, makes the copy durable, and reads it back. Nobody but its owner can read it meanwhile.</summary>
    /// <returns>The first byte in which the copy differs from what was copied; null when they are the same.</returns>
    public static async Task<long?> RunAsync(string from, HeldFile to, IReporter reporter, CancellationToken cancellation)
    {
        using var source = Open(from);
        return await RunAsync(source, to.Handle, written => CompareAsync(source, to.Handle, written), reporter, cancellation).ConfigureAwait(false);
    }

    /// <summary>The same, for a backup whose SHA-256 is known.</summary>
    /// <returns>The copy's SHA-256, in lower case.</returns>
    public static async Task<string> RunHashedAsync(string from, HeldFile to, IReporter reporter, CancellationToken cancellation)
    {
        using var source = Open(from);
        return await RunAsync(source, to.Handle, written => HashAsync(to.Handle, written), reporter, cancellation).ConfigureAwait(false);
    }

    /// <summary>The first byte in which a copy differs from what was copied; null when they are the same.</summary>
    public static async Task<long?> CompareAsync(string from, HeldFile to)
    {
        using var source = Open(from);
        var written = Channel.CreateUnbounded<long>();
        written.Writer.TryWrite(RandomAccess.GetLength(to.Handle));
        written.Writer.Complete();
        return await CompareAsync(source, to.Handle, written.Reader).ConfigureAwait(false);
    }

    private static SafeFileHandle Open(string path) => SharedFile.OpenHandle(path, FileOptions.SequentialScan);

    // Every chunk is read back as soon as the disk has it, by another processor, while the next ones are written.
    private static async Task<T> RunAsync<T>(
        SafeFileHandle source, SafeFileHandle target, Func<ChannelReader<long>, Task<T>> readBack, IReporter reporter, CancellationToken cancellation)
    {
        var written = Channel.CreateUnbounded<long>(new() { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(() => readBack(written.Reader), CancellationToken.None);
        try
        {
            await Task.Run(() => Write(source, target, written.Writer, reporter, cancellation), cancellation).ConfigureAwait(false);
        }
        finally
        {
            written.Writer.Complete();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        reporter.Progress(new("Copying the backup", "Done", 100, Completed: true));
        return await reading.ConfigureAwait(false);
    }

    private static void Write(SafeFileHandle source, SafeFileHandle target, ChannelWriter<long> written, IReporter reporter, CancellationToken cancellation)
    {
        var length = RandomAccess.GetLength(source);
        var clock = Stopwatch.StartNew();
        var next = TimeSpan.Zero;
        for (long offset = 0; offset < length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = NativeFile.CopyRange(source, target, offset, Math.Min(ChunkSize, length - offset));
            if (count == 0)
                break; // Cut off meanwhile, which reading it back will tell.
            NativeFile.BeginWriteOut(target, offset, count);
            offset += count;
            if (clock.Elapsed >= next)
            {
                reporter.Progress(FileProgress.Describe("Copying the backup", offset, length, clock.Elapsed));
                next = clock.Elapsed + TimeSpan.FromMilliseconds(500);
            }
            written.TryWrite(offset);
        }
        RandomAccess.FlushToDisk(target);
    }

    private static async Task<long?> CompareAsync(SafeFileHandle source, SafeFileHandle target, ChannelReader<long> written)
    {
        using var forOne = MemoryPool<byte>.Shared.Rent(BufferSize);
        using var forOther = MemoryPool<byte>.Shared.Rent(BufferSize);
        var (one, other) = (forOne.Memory[..BufferSize], forOther.Memory[..BufferSize]);
        long offset = 0;
        await foreach (var end in written.ReadAllAsync().ConfigureAwait(false))
        {
            NativeFile.AwaitWriteOut(target, offset, end - offset);
            for (int count; offset < end; offset += count)
            {
                count = (int)Math.Min(one.Length, end - offset);
                var (left, right) = (one[..Read(source, one.Span[..count], offset)], other[..Read(target, other.Span[..count], offset)]);
                if (left.Length < count || !left.Span.SequenceEqual(right.Span))
                    return offset + left.Span.CommonPrefixLength(right.Span);
            }
        }
        return offset == RandomAccess.GetLength(source) && offset == RandomAccess.GetLength(target) ? null : offset;
    }

    private static async Task<string> HashAsync(SafeFileHandle target, ChannelReader<long> written)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var lent = MemoryPool<byte>.Shared.Rent(BufferSize);
        var buffer = lent.Memory;
        long offset = 0;
        await foreach (var end in written.ReadAllAsync().ConfigureAwait(false))
        {
            NativeFile.AwaitWriteOut(target, offset, end - offset);
            for (int count; offset < end && (count = Read(target, buffer.Span[..(int)Math.Min(buffer.Length, end - offset)], offset)) > 0; offset += count)
                hash.AppendData(buffer.Span[..count]);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static int Read(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var total = 0;
        for (int read; total < buffer.Length && (read = RandomAccess.Read(file, buffer[total..], offset + total)) > 0;)
            total += read;
        return total;
    }

    /// <summary>Gives the copy owner, group, mode and extended attributes of the database it replaces; where there is none, the folder's owner and
    /// 0600. On Windows, its access list; where there is none, what the folder grants.</summary>
    public static void TakeOverRights(HeldFile copy, string target, IReporter reporter)
    {
        if (File.Exists(target))
        {
            NativeFile.TakeOverRights(copy.Handle, copy.Path, target);
            if (NativeFile.TakeOverAttributes(copy.Handle, target) is { Count: > 0 } left)
                reporter.Warning($"You cannot set these extended attributes of {target}: {string.Join(", ", left)}. The restored database lacks them.");
        }
        else if (OperatingSystem.IsWindows())
            WindowsFile.InheritRights(copy.Path);
        else if (Environment.IsPrivilegedProcess && NativeFile.Identify(Path.GetDirectoryName(target)!) is { } folder)
            NativeFile.ChangeOwner(copy.Handle, folder.Owner, folder.Group);
    }

    /// <summary>Takes the WAL mode out of a copy's header.</summary>
    public static void LeaveWal(HeldFile copy)
    {
        using (var connection = SqliteFile.OpenHeld(copy))
        {
            SqliteFile.Execute(connection, "PRAGMA locking_mode = EXCLUSIVE");
            SqliteFile.Execute(connection, "PRAGMA journal_mode = DELETE");
        }
        RandomAccess.FlushToDisk(copy.Handle);
    }
}
