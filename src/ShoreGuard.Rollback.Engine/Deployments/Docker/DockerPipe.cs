using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>A named pipe at which a Docker Engine listens: <c>npipe:////./pipe/docker_engine</c>.</summary>
/// <remarks>
/// The docker command spells it with four slashes (docker/cli, <c>opts/hosts_windows.go</c>), Docker.DotNet with two, operators as they find it,
/// with backslashes as well.
/// </remarks>
/// <param name="Server">The machine; <c>.</c> is this one.</param>
/// <param name="Name">The pipe.</param>
internal sealed partial record DockerPipe(string Server, string Name)
{
    private const int NotFound = 2;
    // ERROR_BROKEN_PIPE, ERROR_PIPE_BUSY, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED (winerror.h).
    private static readonly int[] Broken = [109, 231, 232, 233];

    /// <summary>How long a pipe may be busy.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a failure is that of a pipe whose other end has gone. On Windows, where no socket is behind it.</summary>
    public static bool IsBroken(IOException error) => OperatingSystem.IsWindows() && Broken.Contains(error.HResult & 0xFFFF);

    /// <summary>Reads an address in any spelling; null when it is none of a pipe.</summary>
    public static DockerPipe? TryParse(string text) =>
        Grammar().Match(text) is { Success: true } match ? new(match.Groups["server"].Value, match.Groups["name"].Value) : null;

    /// <summary>The address as Docker.DotNet reads it.</summary>
    public Uri Uri => new($"npipe://{Server}/pipe/{Name}");

    /// <summary>The address as the docker command writes and reads it.</summary>
    public override string ToString() => $"npipe:////{Server}/pipe/{Name}";

    /// <summary>Connects. A pipe that is busy is waited for, one that does not exist is not.</summary>
    /// <exception cref="IOException">There is no such pipe.</exception>
    /// <exception cref="TimeoutException">It stays busy.</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows())
            RequireExisting();
        var pipe = new NamedPipeClientStream(Server, Name, PipeDirection.InOut, PipeOptions.Asynchronous);
        try
        {
            await pipe.ConnectAsync(Patience, cancellation).ConfigureAwait(false);
            return pipe;
        }
        catch
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    [SupportedOSPlatform("windows")]
    private void RequireExisting()
    {
        if (!WaitNamedPipe($@"\\{Server}\pipe\{Name}", 1) && Marshal.GetLastPInvokeError() == NotFound)
            throw new IOException("there is no such pipe");
    }

    [GeneratedRegex(@"\Anpipe:[/\\]*(?<server>[^/\\]+)[/\\]+pipe[/\\]+(?<name>[^/\\]+)\z", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Grammar();

    [LibraryImport("kernel32", EntryPoint = "WaitNamedPipeW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool WaitNamedPipe(string name, uint milliseconds);
}
