using Docker.DotNet;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>What a command inside a container writes to its standard output, and what it reads, as one stream. Disposing it ends the command's input.</summary>
internal sealed class ExecStream(MultiplexedStream stream) : Stream
{
    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // HttpClient waits with an empty buffer for the first byte, and then reads, come what may.
        if (buffer.IsEmpty)
            return 0;
        var bytes = new byte[buffer.Length];
        while (true)
        {
            var read = await stream.ReadOutputAsync(bytes, 0, bytes.Length, cancellationToken).ConfigureAwait(false);
            if (read.EOF)
                return 0;
            // A complaint is not a part of the conversation; the end that follows it is.
            if (read.Target != MultiplexedStream.TargetStream.StandardOut || read.Count == 0)
                continue;
            bytes.AsMemory(0, read.Count).CopyTo(buffer);
            return read.Count;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await stream.WriteAsync(buffer.ToArray(), 0, buffer.Length, cancellationToken).ConfigureAwait(false);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        stream.WriteAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public override void Flush()
    {
    }

    // HttpClient's asynchronous calls, which are all there are here, use none of these.
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            stream.Dispose();
        base.Dispose(disposing);
    }
}
