using System.Collections.Concurrent;
using System.Management.Automation;
using System.Net.Sockets;
using System.Text.Json;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A password is in no process list, no message, no error, no result and no file, however it is written.</summary>
public sealed class PostgresSecretTests
{
    [Theory]
    [InlineData(15)]
    [FullData(17)]
    public void It_is_nowhere_to_be_seen(int major)
    {
        var secret = $"S3cr/€t\"&'%+ ü\\{Guid.NewGuid():n}";
        var wrong = $"wr0ng\"%/{Guid.NewGuid():n}";
        using var box = PostgresMoments.Slow(false, out var backup, out _, PostgresHost.Of(major), secret);
        using var processes = new ProcessList();

        var told = new List<string>();
        void Run(string script, string? url = null) =>
            told.AddRange(Told(box.Module.Run($"$VerbosePreference = $DebugPreference = 'Continue'; {script}", url ?? box.Url, backup, box.Folder)));
        var restore = $"Restore-ShoreGuardDatabase -BackupPath $args[1] {box.On} -Path $args[2] -Confirm:$false -Verbose -Debug";

        Run($"Backup-ShoreGuardDatabase {box.On} -Path $args[2] -Verbose -Debug");
        Run(restore);
        Run($"{restore} -WhatIf");
        Run($"Test-ShoreGuardBackup $args[1] {box.On} -Drill -Verbose -Debug");
        Run($"Get-ShoreGuardDatabase {box.On} -Verbose -Debug");
        box.MayCreateDatabases(false);
        Run(restore);
        // What fails says more than what works.
        using (box.OpenAsRole())
            Run(restore);
        box.Sql(box.Database, "CREATE TABLE public.of_another (x int)");
        Run(restore);
        Run($"Backup-ShoreGuardDatabase {box.On} -Path $args[2] -Verbose -Debug");
        box.Sql(box.Database, "DROP TABLE public.of_another");
        box.Sql("postgres", $"ALTER ROLE {box.Role} SET test.slow = 'no number'");
        Run(restore);
        box.MayCreateDatabases(true);
        Run(restore);
        box.Sql("postgres", $"ALTER ROLE {box.Role} PASSWORD 'another'");
        Run(restore);
        Run("Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[2] -Verbose -Debug", box.UrlWith(wrong));
        foreach (var bad in (string[])[box.Url.Replace($"/{box.Database}", "/none", StringComparison.Ordinal), $"{box.Url}?sslmode=bogus",
            $"{box.Url}?sslmode=verify-full", $"postgres://x:{Uri.EscapeDataString(secret)}@127.0.0.1/d",
            $"postgresql://x:{Uri.EscapeDataString(secret)}@127.0.0.1:1/d", $"postgresql://127.0.0.1:1/d?user=x&password={Uri.EscapeDataString(secret)}",
            $"postgresql://x:{secret}@127.0.0.1:1/d"])
        {
            Run("Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[2] -Verbose -Debug", bad);
            Run("Restore-ShoreGuardDatabase -BackupPath $args[1] -DatabaseUrl $args[0] -Confirm:$false -Verbose -Debug", bad);
        }

        var seen = processes.Seen();
        Assert.Contains(seen, line => line.Contains("pg_restore", StringComparison.Ordinal) && line.Contains(box.Database, StringComparison.Ordinal));
        Assert.Contains(told, text => text.Contains("DatabaseLoginFailed", StringComparison.Ordinal));
        Assert.Contains(told, text => text.Contains("RestoreFailed", StringComparison.Ordinal));
        var files = Directory.GetFiles(box.Folder).Select(path => File.ReadAllText(path, System.Text.Encoding.Latin1) + File.ReadAllText(path)).ToList();
        Assert.NotEmpty(files);
        foreach (var text in told.Concat(seen).Concat(files).Concat(EngineTells(box, major)))
            Assert.DoesNotContain(Forms(secret).Concat(Forms(wrong)), form => text.Contains(form, StringComparison.Ordinal));
    }

    // The part that is unlike any other text would give it away too.
    private static IEnumerable<string> Forms(string secret) =>
        [secret, secret[^32..], Uri.EscapeDataString(secret), JsonSerializer.Serialize(secret).Trim('"'), System.Net.WebUtility.UrlEncode(secret),
            System.Net.WebUtility.HtmlEncode(secret)];

    private static IEnumerable<string> Told(RunResult run)
    {
        foreach (var value in run.Output)
            yield return PSSerializer.Serialize(value, 6);
        foreach (var error in run.Errors)
        {
            yield return string.Join('\n', error, error.ErrorDetails, error.ErrorDetails?.RecommendedAction, error.Exception, error.CategoryInfo,
                error.TargetObject, error.FullyQualifiedErrorId, error.ScriptStackTrace);
            yield return PSSerializer.Serialize(error.Exception, 4);
        }
        foreach (var text in run.Verbose.Concat(run.Warnings).Concat(run.Information))
            yield return text;
        foreach (var progress in run.Progress)
            yield return string.Join('\n', progress.Activity, progress.StatusDescription, progress.CurrentOperation);
    }

    // Whoever may talk to the engine reads what it says of commands in containers, and what has happened to them.
    private static List<string> EngineTells(PostgresSandbox box, int major)
    {
        if (major != 17)
            return [];
        var container = PostgresHost.Of(17).Container!;
        var events = Docker.Run("events", "--since", "10m", "--until", "0s", "--filter", $"container={container}");
        Assert.Contains("exec_create: pg_restore", events, StringComparison.Ordinal);
        var tells = new List<string> { events };
        box.Sql("postgres", $"ALTER ROLE {box.Role} PASSWORD '{box.OwnPassword.Replace("'", "''", StringComparison.Ordinal)}'");
        box.MayCreateDatabases(false);
        PostgresMoments.Hurry(box, false);
        PostgresMoments.RestoreMeanwhile(box, Directory.GetFiles(box.Folder, "*.pgdump")[0], PostgresMoments.Loading, () =>
        {
            var execs = JsonSerializer.Deserialize<string[]>(Docker.Run("inspect", "--format", "{{json .ExecIDs}}", container))!;
            tells.AddRange(execs.Select(exec => Engine($"exec/{exec}/json")));
        });
        Assert.Contains(tells, text => text.Contains("\"entrypoint\":\"psql\"", StringComparison.Ordinal));
        return tells;
    }

    private static string Engine(string path)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(
                    new UnixDomainSocketEndPoint(new Uri(Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "unix:///var/run/docker.sock").AbsolutePath),
                    cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        return client.GetStringAsync(new Uri($"http://engine/{path}")).GetAwaiter().GetResult();
    }

    /// <summary>What every process of this machine, and of its containers, shows as its command, looked at again and again.</summary>
    private sealed class ProcessList : IDisposable
    {
        private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
        private readonly CancellationTokenSource _end = new();
        private readonly Thread _looking;

        public ProcessList()
        {
            _looking = new(() =>
            {
                while (!_end.IsCancellationRequested)
                {
                    Look();
                    Thread.Sleep(10);
                }
            });
            _looking.Start();
        }

        public IReadOnlyCollection<string> Seen() => [.. _seen.Keys];

        public void Dispose()
        {
            _end.Cancel();
            _looking.Join();
            _end.Dispose();
        }

        private void Look()
        {
            foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[6])))
            {
                try
                {
                    _seen.TryAdd(File.ReadAllText($"{folder}/cmdline"), true);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // It has ended.
                }
            }
        }
    }
}
