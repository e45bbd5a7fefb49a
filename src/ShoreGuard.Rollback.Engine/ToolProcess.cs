using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Runs a program of the machine and collects what it writes.</summary>
internal static class ToolProcess
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>What a program wrote and how it ended.</summary>
    public sealed record Outcome(int ExitCode, string Stdout, string Stderr);

    /// <summary>Runs it to its end; it is ended with its children when the token is cancelled.</summary>
    /// <param name="program">The program, by its path, or by its name in a folder of PATH.</param>
    /// <param name="arguments">Its arguments; never a secret, since every process list shows them.</param>
    /// <param name="environment">Variables beside our own; null takes one away. Secrets go here.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    /// <returns>Null when there is no such program.</returns>
    public static async Task<Outcome?> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellation, string? input = null)
    {
        if (ProgramPath.Find(program) is not { } path)
            return null;
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            // What Go programs speak everywhere; Windows would take the console's code page.
            StandardInputEncoding = Utf8, StandardOutputEncoding = Utf8, StandardErrorEncoding = Utf8,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return null;
        }
        try
        {
            await FeedAsync(process.StandardInput, input).ConfigureAwait(false);
            var stdout = process.StandardOutput.ReadToEndAsync(cancellation);
            var stderr = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return new(process.ExitCode, await stdout.ConfigureAwait(false), await stderr.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    // A program that ended without reading says why by itself.
    private static async Task FeedAsync(StreamWriter stdin, string? input)
    {
        try
        {
            await stdin.WriteAsync(input).ConfigureAwait(false);
            stdin.Close();
        }
        catch (IOException)
        {
        }
    }
}
