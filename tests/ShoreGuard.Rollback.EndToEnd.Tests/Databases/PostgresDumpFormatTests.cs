using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Dumps that other tools made, and other tools that take ours.</summary>
public sealed class PostgresDumpFormatTests
{
    // The first is what ShoreGuard's own scripts/backup.py runs.
    [Theory]
    [FullData(15, "--format=custom")]
    [InlineData(15, "--format=custom --no-owner --no-privileges")]
    [FullData(15, "--format=custom --compress=0")]
    [InlineData(15, "--format=custom --compress=9 --inserts")]
    [InlineData(17, "--format=custom")]
    [FullData(17, "--format=custom --no-owner --compress=none")]
    [FullData(17, "--format=custom --compress=lz4")]
    [InlineData(17, "--format=custom --compress=zstd:5")]
    public void What_pg_dump_wrote_is_restored_row_by_row(int major, string options)
    {
        using var box = new PostgresSandbox(host: PostgresHost.Of(major)).Fill("017");
        var path = Path.Combine(box.Folder, "shoreguard-20261124T031214Z.pgdump");
        box.Tool(null, path, ["pg_dump", .. options.Split(' '), box.Database]);
        var (rows, schema) = (box.Fingerprint(), box.Schema());
        foreach (var inPlace in (bool[])[false, true])
        {
            box.MayCreateDatabases(!inPlace);
            box.Sql(box.Database, "DELETE FROM audit_log; CREATE TABLE public.newer (x int)");
            box.Sql(box.Database, $"ALTER TABLE public.newer OWNER TO {box.Role}");
            var run = box.Restore(path);
            if (options.Contains("--inserts", StringComparison.Ordinal))
            {
                // Rows that are statements are not counted beforehand, so it is not known what would have to be there.
                run.Error("BackupForeign", ErrorCategory.InvalidData);
                return;
            }
            run.ThrowIfFailed();
            Assert.Equal(rows, box.Fingerprint());
            Assert.Equal(schema, box.Schema());
        }
    }

    // As scripts/restore.py does.
    [Theory]
    [InlineData(15)]
    [FullData(17)]
    public void What_we_wrote_is_restored_by_pg_restore(int major)
    {
        using var box = new PostgresSandbox(host: PostgresHost.Of(major)).Fill("017");
        var backup = box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;
        var (rows, schema) = (box.Fingerprint(), box.Schema());
        box.Sql("postgres", $"DROP DATABASE {box.Database} WITH (FORCE)");
        box.Sql("postgres", $"CREATE DATABASE {box.Database} OWNER {box.Role} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        box.Tool(backup, null, "pg_restore", "--clean", "--if-exists", $"--dbname={box.Database}");
        Assert.Equal(rows, box.Fingerprint());
        Assert.Equal(schema, box.Schema());
    }

    [Fact]
    public void Whoever_restores_a_dump_without_owners_it_stays_the_owners()
    {
        using var box = new PostgresSandbox().Fill("017");
        var path = Path.Combine(box.Folder, "shoreguard-20261124T031214Z.pgdump");
        box.Tool(null, path, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", box.Database);
        var before = box.Fingerprint();
        var superuser = new UriBuilder(Stack.Require("SHOREGUARD_TEST_POSTGRES")) { Path = box.Database }.Uri.AbsoluteUri;
        box.Module.Run("Restore-ShoreGuardDatabase -BackupPath $args[1] -DatabaseUrl $args[0] -Confirm:$false", superuser, path).ThrowIfFailed();
        Assert.Equal(before, box.Fingerprint());
    }

    [Fact]
    public void A_dump_of_a_later_pg_dump_is_told_before_anything_starts()
    {
        using var later = new PostgresSandbox(host: PostgresHost.Of(17)).Fill("012");
        var path = later.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;
        using var box = new PostgresSandbox().Fill("017");
        var before = box.Fingerprint();
        foreach (var more in (string[])["", "-WhatIf"])
            Assert.Contains("pg_dump 17", box.Restore(path, more).Error("BackupTooNew", ErrorCategory.InvalidData).ToString(), StringComparison.Ordinal);
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal([box.Database], box.Databases(""));
        foreach (var more in (string[])["", "-DatabaseUrl $args[0]", "-DatabaseUrl $args[0] -Drill"])
        {
            var report = box.Run($"Test-ShoreGuardBackup $args[1] {more}", path).ThrowIfFailed().Single();
            Assert.False((bool)report.At("Usable")!);
            Assert.Contains("pg_dump 17", report.Text("Problem"), StringComparison.Ordinal);
        }
    }

    // Without a sidecar there is no checksum: pg_restore alone has to notice.
    [Fact]
    public void A_dump_that_is_cut_off_is_found_at_random_places()
    {
        using var box = new PostgresSandbox();
        var real = File.ReadAllBytes(PostgresSandbox.Real("012"));
        var random = new Random(20261124);
        var paths = Enumerable.Range(0, Sampling.Places).Select(number => Written(box, number, real[..random.Next(1, real.Length)])).ToArray();
        var reports = box.Run("$args[1] | Test-ShoreGuardBackup", [paths]).ThrowIfFailed().Output;
        Assert.Equal(Sampling.Places, reports.Count);
        Assert.DoesNotContain(reports, report => (bool)report.At("Usable")!);
    }

    // A zero is left alone: it may be the sign of a length, and a negative one keeps pg_restore busy until that is ended after a minute (StallGuardTests).
    // What a table of contents says is checked by nothing but the checksum; the rows are compressed, and so have one of their own.
    [Fact]
    public void A_flipped_bit_in_the_rows_of_a_dump_without_checksum_is_found_or_harmless_at_random_places()
    {
        using var box = new PostgresSandbox().Fill("012");
        var before = box.Fingerprint();
        var real = File.ReadAllBytes(PostgresSandbox.Real("012"));
        var rows = real.AsSpan().LastIndexOf("FK CONSTRAINT"u8);
        var random = new Random(20261124);
        var paths = Enumerable.Range(0, Sampling.Places).Select(number =>
        {
            var bad = (byte[])real.Clone();
            int at;
            do
                at = random.Next(rows, bad.Length);
            while (bad[at] == 0);
            bad[at] ^= (byte)(1 << random.Next(8));
            return Written(box, number, bad);
        }).ToArray();
        var reports = box.Run("$args[1] | Test-ShoreGuardBackup", [paths]).ThrowIfFailed().Output;
        Assert.Equal(Sampling.Places, reports.Count);
        foreach (var report in reports.Where(report => (bool)report.At("Usable")!))
        {
            var run = box.Restore(report.Text("BackupPath")!);
            Assert.Equal(before, box.Fingerprint());
            if (run.Errors.Count > 0)
                Assert.Equal("True", run.Single().Text("Reverted"));
        }
        Assert.InRange(reports.Count(report => (bool)report.At("Usable")!), 0, 20);
    }

    private static string Written(PostgresSandbox box, int number, byte[] content)
    {
        var path = Path.Combine(box.Folder, $"shoreguard-20260101T{number / 60:00}{number % 60:00}00Z.pgdump");
        File.WriteAllBytes(path, content);
        return path;
    }
}
