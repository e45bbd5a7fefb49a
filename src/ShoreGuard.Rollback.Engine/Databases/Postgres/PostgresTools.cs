using System.Diagnostics;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>PostgreSQL's own <c>pg_dump</c> and <c>pg_restore</c>, of the server's major version.</summary>
internal abstract partial class PostgresTools(PostgresServer? server)
{
    private static readonly string[] UsualFolders =
        ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt", "/usr", "/Library/PostgreSQL", "/Applications/Postgres.app/Contents/Versions",
            @"C:\Program Files\PostgreSQL"];

    // Null for tools that only read dumps.
    protected PostgresServer? Server { get; } = server;

    /// <summary>The major version of the server, and so of its tools; 0 where they only read dumps.</summary>
    public int Major { get; private init; }

    /// <summary>Where they are, for people.</summary>
    public abstract string Place { get; }

    /// <summary>Whether they can read a file at any place in it, which restoring by several connections needs.</summary>
    public abstract bool CanSeek { get; }

    /// <summary>Runs a tool.</summary>
    /// <param name="tool">Its name.</param>
    /// <param name="arguments">Its arguments; never a secret.</param>
    /// <param name="database">The database it logs in to.</param>
    /// <param name="input">The dump it reads; null when it reads none.</param>
    /// <param name="output">Receives its standard output.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="PostgresToolException">It ended with an exit code other than zero.</exception>
    public async Task RunAsync(string tool, IReadOnlyList<string> arguments, string database, string? input, Stream output, CancellationToken cancellation) =>
        Check(tool, await StartAsync(tool, arguments, database, input, null, output, cancellation).ConfigureAwait(false));

    /// <summary>Runs a tool that is fed by its standard input.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public async Task RunScriptAsync(
        string tool, IReadOnlyList<string> arguments, string database, Stream input, Stream output, CancellationToken cancellation) =>
        Check(tool, await StartAsync(tool, arguments, database, null, input, output, cancellation).ConfigureAwait(false));

    protected abstract Task<(long ExitCode, string Stderr)> StartAsync(
        string tool, IReadOnlyList<string> arguments, string database, string? dump, Stream? input, Stream output, CancellationToken cancellation);

    private void Check(string tool, (long ExitCode, string Stderr) ended)
    {
        if (ended.ExitCode != 0)
            throw new PostgresToolException(tool, ended.ExitCode, Server?.Scrub(ended.Stderr) ?? ended.Stderr);
    }

    /// <summary>The tools of the server's major version: this machine's, else those in the server's own container.</summary>
    /// <exception cref="ShoreGuardException"><c>PostgresToolsMissing</c>.</exception>
    public static async Task<PostgresTools> FindAsync(PostgresServer server, int major, CancellationToken cancellation)
    {
        var seen = new List<string>();
        foreach (var folder in server.Route.Transport == DatabaseTransport.Container ? [] : Folders())
        {
            if (await VersionAsync(folder, cancellation).ConfigureAwait(false) is not { } version)
                continue;
            if (version == major)
                return new HostTools(server, folder) { Major = major };
            seen.Add($"{version} in {folder}");
        }
        if (server.Route.Container is { } container)
        {
            var tools = new ContainerTools(server, container);
            if (await tools.VersionAsync(cancellation).ConfigureAwait(false) is { } version)
            {
                if (version == major)
                    return new ContainerTools(server, container) { Major = major };
                seen.Add($"{version} in the container {container.Name}");
            }
        }
        throw Errors.PostgresToolsMissing(server.Name, major, seen);
    }

    /// <summary>Tools of this machine that can read a dump: pg_restore reads those of its own version and of every earlier one.</summary>
    /// <exception cref="ShoreGuardException"><c>DumpReaderMissing</c>.</exception>
    public static async Task<PostgresTools> FindReaderAsync(PostgresDumpHeader dump, CancellationToken cancellation)
    {
        var seen = new List<string>();
        foreach (var folder in Folders())
        {
            if (await VersionAsync(folder, cancellation).ConfigureAwait(false) is not { } version)
                continue;
            if (version >= (dump.ToolMajor ?? 0))
                return new HostTools(null, folder);
            seen.Add($"{version} in {folder}");
        }
        throw Errors.DumpReaderMissing(dump.ToolVersion, seen);
    }

    /// <summary>The major version in what <c>pg_dump --version</c> prints.</summary>
    internal static int? ParseMajor(string text) => VersionText().Match(text) is { Success: true } match ? int.Parse(match.Groups[1].Value) : null;

    // Distributions keep several versions side by side; the one on PATH may be a script that chooses among them.
    private static IEnumerable<string> Folders() => UsualFolders
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateDirectories(folder).Where(IsPostgres).OrderDescending(StringComparer.Ordinal))
        .Select(folder => Path.Combine(folder, "bin"))
        .Concat(ProgramPath.Folders())
        .Where(folder => File.Exists(Path.Combine(folder, Executable("pg_dump"))) && File.Exists(Path.Combine(folder, Executable("pg_restore"))))
        .Distinct();

    private static bool IsPostgres(string folder) => FolderName().IsMatch(Path.GetFileName(folder));

    private static string Executable(string tool) => OperatingSystem.IsWindows() ? tool + ".exe" : tool;

    private static async Task<int?> VersionAsync(string folder, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(
                Path.Combine(folder, Executable("pg_dump")), ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            var text = await process!.StandardOutput.ReadToEndAsync(cancellation).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return ParseMajor(text);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // Not executable.
        }
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex VersionText();

    [GeneratedRegex(@"\A(\d+(\.\d+)?|postgresql@\d+|pgsql-\d+|latest)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex FolderName();

    /// <summary>The tools of this machine.</summary>
    private sealed class HostTools(PostgresServer? server, string folder) : PostgresTools(server)
    {
        public override string Place => folder;
        public override bool CanSeek => true;

        protected override async Task<(long ExitCode, string Stderr)> StartAsync(
            string tool, IReadOnlyList<string> arguments, string database, string? dump, Stream? input, Stream output, CancellationToken cancellation)
        {
            var start = new ProcessStartInfo(Path.Combine(folder, Executable(tool)), [.. arguments, .. dump is null ? Array.Empty<string>() : ["--", dump]])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var (name, value) in Server?.ToolEnvironment(database, inside: false, Major) ?? new Dictionary<string, string> { ["LC_ALL"] = "C" })
                start.Environment[name] = value;
            using var process = Process.Start(start)!;
            using var feeding = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var fed = FeedAsync(process, input, feeding.Token);
            // By a thread of its own that waits: a pipe's asynchronous reads leave garbage, some 20 MB for a gigabyte of rows.
            var reading = Task.Factory.StartNew(() =>
                process.StandardOutput.BaseStream.CopyTo(output, 1 << 20), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            try
            {
                var errors = process.StandardError.ReadToEndAsync(cancellation);
                await reading.WaitAsync(cancellation).ConfigureAwait(false);
                await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
                return (process.ExitCode, await errors.ConfigureAwait(false));
            }
            catch
            {
                process.Kill(entireProcessTree: true);
                await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Nothing is written after the caller knows.
                throw;
            }
            finally
            {
                await feeding.CancelAsync().ConfigureAwait(false);
                await fed.ConfigureAwait(false);
            }
        }

        // What a tool that has ended says of it tells more than the broken pipe does.
        private static async Task FeedAsync(Process process, Stream? input, CancellationToken cancellation)
        {
            try
            {
                if (input is not null)
                    await input.CopyToAsync(process.StandardInput.BaseStream, cancellation).ConfigureAwait(false);
                process.StandardInput.Close();
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
            }
        }
    }

    /// <summary>The tools in the server's own container. A dump goes in by standard input, so that nothing is left there.</summary>
    private sealed class ContainerTools(PostgresServer server, PostgresContainer container) : PostgresTools(server)
    {
        public override string Place => $"the container {container.Name}";
        public override bool CanSeek => false;

        public async Task<int?> VersionAsync(CancellationToken cancellation)
        {
            using var output = new MemoryStream();
            try
            {
                var (code, _) = await container.Engine.ExecAsync(container.Id, ["pg_dump", "--version"], new Dictionary<string, string>(), output, cancellation)
                    .ConfigureAwait(false);
                return code == 0 ? ParseMajor(System.Text.Encoding.UTF8.GetString(output.ToArray())) : null;
            }
            catch (ShoreGuardException error) when (error.Id == nameof(Errors.EngineRefused))
            {
                return null;
            }
        }

        protected override async Task<(long ExitCode, string Stderr)> StartAsync(
            string tool, IReadOnlyList<string> arguments, string database, string? dump, Stream? input, Stream output, CancellationToken cancellation)
        {
            await using var file = dump is null ? null : SharedFile.OpenRead(dump, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            return await container.Engine.ExecAsync(
                container.Id, [tool, .. arguments], Server!.ToolEnvironment(database, inside: true, Major), output, cancellation, input: input ?? file)
                .ConfigureAwait(false);
        }
    }
}

/// <summary>A tool of PostgreSQL failed.</summary>
internal sealed class PostgresToolException(string tool, long exitCode, string stderr)
    : Exception(FirstError(stderr) ?? $"{tool} ended with exit code {exitCode}")
{
    private const int Killed = 128 + 9, Terminated = 128 + 15;

    /// <summary>Whether somebody ended it, by a signal; what it was at says nothing then. One that crashes is not ended by somebody.</summary>
    public bool WasEnded => exitCode is Killed or Terminated;

    /// <summary>Its name.</summary>
    public string Tool => tool;

    // The first line is what happened; the rest is what followed from it.
    private static string? FirstError(string stderr) =>
        stderr.Split('\n').Select(line => line.Trim())
            .FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("FATAL", StringComparison.Ordinal))
        ?? stderr.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0);
}
