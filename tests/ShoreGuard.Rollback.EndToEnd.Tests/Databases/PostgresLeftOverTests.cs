using System.Diagnostics;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>What a process that was killed (SIGKILL) leaves on the server, and what becomes of it.</summary>
public sealed class PostgresLeftOverTests
{
    [Theory]
    [InlineData("_restore_", "Restore the backup into the new database")]
    [InlineData("_restore_", "Prove the new database")]
    [InlineData("_drill_", "Prove the new database")]
    public void A_killed_restores_or_drills_database_is_dropped_by_the_next(string name, string step)
    {
        using var box = new PostgresSandbox().Fill("017");
        KillAt(box, name == "_drill_" ? DrillCommand : RestoreCommand, step);
        var left = Assert.Single(box.Databases(name));
        Assert.Equal("017", box.Revision());
        box.Sql("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{left}'");

        // A plan changes nothing.
        box.Restore(PostgresSandbox.Real("012"), "-WhatIf").ThrowIfFailed();
        Assert.Equal([left], box.Databases(name));
        // Either of them takes away what either has left.
        if (name == "_drill_")
            Assert.Contains(box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed().Verbose, text =>
                text.Contains("Drop what a killed process has left", StringComparison.Ordinal));
        else
            Assert.Equal("True",
                box.Module.Run("Test-ShoreGuardBackup $args[0] -DatabaseUrl $args[1] -Drill", PostgresSandbox.Real("012"), box.Url)
                .ThrowIfFailed().Single().Text("Usable"));
        Assert.Empty(box.Databases(name));
    }

    [Fact]
    public void What_may_be_in_use_or_is_not_marked_stays()
    {
        using var box = new PostgresSandbox().Fill("017");
        KillAt(box, RestoreCommand, "Prove the new database");
        var left = Assert.Single(box.Databases("_restore_"));
        box.Sql("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{left}'");
        var mark = box.Query("postgres", $"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{left}'")[0];
        using var living = Process.GetCurrentProcess();
        var alive = mark.Replace($"\"process\":{Member(mark, "process")}", $"\"process\":{living.Id}", StringComparison.Ordinal)
            .Replace(Member(mark, "started"), $"\"{living.StartTime.ToUniversalTime():O}\"", StringComparison.Ordinal);
        var elsewhere = mark.Replace(Member(mark, "machine"), "\"elsewhere\"", StringComparison.Ordinal);
        var old = elsewhere.Replace(Member(mark, "made"), $"\"{DateTimeOffset.UtcNow.AddDays(-2):O}\"", StringComparison.Ordinal);
        var others = mark.Replace(Member(mark, "database"), "\"another\"", StringComparison.Ordinal);
        foreach (var (name, comment) in new[] { ("alive", alive), ("elsewhere", elsewhere), ("old", old), ("others", others), ("used", mark),
            ("unmarked", "mine") })
        {
            box.Sql("postgres", $"CREATE DATABASE \"{box.Database}_restore_{name}\" OWNER {box.Role} TEMPLATE template0");
            box.Sql("postgres", $"COMMENT ON DATABASE \"{box.Database}_restore_{name}\" IS '{comment.Replace("'", "''", StringComparison.Ordinal)}'");
        }
        using (box.Open($"{box.Database}_restore_used"))
            box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed();
        string[] stay = ["alive", "elsewhere", "others", "unmarked", "used"];
        Assert.Equal(stay.Select(name => $"{box.Database}_restore_{name}"), box.Databases("_restore_").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_was_killed_before_it_could_be_marked_goes_when_it_is_a_day_old_and_empty()
    {
        using var box = new PostgresSandbox().Fill("017");
        var (old, full, young) = ($"{box.Database}_restore_20260101t000000z", $"{box.Database}_drill_20260101t000000z_2",
            $"{box.Database}_restore_{DateTime.UtcNow:yyyyMMdd't'HHmmss'z'}_9");
        foreach (var name in new[] { old, full, young, $"{box.Database}_restore_mine", $"{box.Database}x_restore_20260101t000000z" })
            box.Sql("postgres", $"CREATE DATABASE \"{name}\" OWNER {box.Role} TEMPLATE template0");
        box.Sql(full, "CREATE VIEW public.mine AS SELECT 1 AS x");
        box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed();
        Assert.Equal(new[] { full, young, $"{box.Database}_restore_mine", $"{box.Database}x_restore_20260101t000000z" }.Order(StringComparer.Ordinal),
            box.Databases("_restore_").Concat(box.Databases("_drill_")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_restore_that_is_killed_while_it_ends_sessions_keeps_nobody_out()
    {
        using var box = new PostgresSandbox().Fill("017");
        var before = box.Fingerprint();
        using (box.OpenAsRole())
            KillAt(box, RestoreCommand + " -Force", "Exchange the names of the two databases");
        Thread.Sleep(500);
        using (box.OpenAsRole())
        {
        }
        // Killed before the commit or after it.
        if (box.Revision() == "017")
            Assert.Equal(before, box.Fingerprint());
        box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed();
        Assert.Empty(box.Databases("_restore_"));
    }

    private const string RestoreCommand = "Restore-ShoreGuardDatabase -BackupPath '{0}' -DatabaseUrl '{1}' -Confirm:$false -Verbose";
    private const string DrillCommand = "Test-ShoreGuardBackup '{0}' -DatabaseUrl '{1}' -Drill -Verbose";

    // The value of one member, as the mark writes it.
    private static string Member(string mark, string name)
    {
        var at = mark.IndexOf($"\"{name}\":", StringComparison.Ordinal) + name.Length + 3;
        var end = mark[at] == '"' ? mark.IndexOf('"', at + 1) + 1 : mark.IndexOfAny([',', '}'], at);
        return mark[at..end];
    }

    private static void KillAt(PostgresSandbox box, string command, string step) =>
        KilledProcess.At(string.Format(System.Globalization.CultureInfo.InvariantCulture, command, PostgresSandbox.Real("012"), box.Url), step);
}
