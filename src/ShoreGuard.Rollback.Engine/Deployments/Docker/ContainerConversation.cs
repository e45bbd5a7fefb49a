using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Docker.DotNet;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Questions and answers, one line of JSON each, with a program inside a container.</summary>
internal sealed class ContainerConversation(MultiplexedStream stream) : IDisposable
{
    private const int BufferSize = 1 << 16;
    // Rows of every table of a database, with room to spare.
    private const int Most = 16 * 1024 * 1024;

    private readonly MemoryStream _output = new();
    private readonly MemoryStream _errors = new();

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="ContainerProgramException">The program has ended, or answers nonsense.</exception>
    public async Task<JsonObject> AskAsync(JsonObject question, CancellationToken cancellation)
    {
        try
        {
            var bytes = Encoding.UTF8.GetBytes(question.ToJsonString() + "\n");
            await stream.WriteAsync(bytes, 0, bytes.Length, cancellation).ConfigureAwait(false);
            var line = await ReadLineAsync(cancellation).ConfigureAwait(false);
            return Json.Parse(Encoding.UTF8.GetBytes(line)) as JsonObject ?? throw new ContainerProgramException(line);
        }
        catch (JsonException error)
        {
            throw new ContainerProgramException(Said(), error);
        }
        catch (IOException error)
        {
            throw new ContainerProgramException(error.Message, error);
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellation)
    {
        _output.SetLength(0);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (true)
            {
                var read = await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellation).ConfigureAwait(false);
                if (read.EOF)
                    throw new ContainerProgramException(Said());
                var text = read.Target == MultiplexedStream.TargetStream.StandardOut ? _output : _errors;
                if (text.Length + read.Count > Most)
                    throw new ContainerProgramException($"it has written more than {Most / 1024 / 1024} MiB for an answer");
                text.Write(buffer, 0, read.Count);
                if (text == _output && read.Count > 0 && buffer[read.Count - 1] == (byte)'\n')
                    return Text(_output);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // The engine says on the standard output that there is no such program, and Python on the standard error why it ended.
    private string Said() =>
        (Text(_output) + Text(_errors)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
        ?? "it ended without a word";

    private static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);

    /// <summary>Ends the program's input, and with that the program.</summary>
    public void Dispose()
    {
        stream.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }
}

/// <summary>A program inside a container has ended although it should not have, or never began.</summary>
internal sealed class ContainerProgramException(string message, Exception? inner = null) : Exception(message, inner);
