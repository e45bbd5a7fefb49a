using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>What ShoreGuard's own scripts get wrong with PostgreSQL, case by case: in the comment what they do, in the test what happens here.</summary>
public sealed class PostgresScriptTests
{
    // libpq takes it for a database's name: it fails, and a backup leaves a file of 0 bytes.
    [Theory]
    [InlineData(15)]
    [FullData(17)]
    public void The_URL_of_SQLAlchemy(int major)
    {
        using var box = Box(major, "017");
        Assert.StartsWith("postgresql+psycopg://", box.Url, StringComparison.Ordinal);
        var path = BackUp(box);
        Assert.Equal([path, path + ".json"], Directory.GetFiles(box.Folder).Order(StringComparer.Ordinal));
        var before = box.Fingerprint();
        box.Sql(box.Database, "DELETE FROM audit_log");
        box.Restore(path).ThrowIfFailed();
        Assert.Equal(before, box.Fingerprint());
    }

    // The second overwrites the first.
    [Fact]
    public void Two_backups_in_one_second()
    {
        using var box = Box(15, "012");
        var run = box.Run("foreach ($number in 1..3) { Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[1] }", box.Folder);
        Assert.Equal(3, run.ThrowIfFailed().Output.Select(backup => backup.Text("BackupPath")).Distinct().Count());
    }

    // The target is deleted first, then comes the error: nothing is left. With an empty source: exit code 0, and the target is emptied.
    [Theory]
    [InlineData(15, true)]
    [FullData(15, false)]
    [FullData(17, true)]
    [InlineData(17, false)]
    public void A_source_that_is_truncated_garbage_of_the_other_kind_or_empty(int major, bool inPlace)
    {
        using var box = Box(major, "017").MayCreateDatabases(!inPlace);
        var before = box.Fingerprint();
        var real = File.ReadAllBytes(PostgresSandbox.Real("012"));
        var bad = Path.Combine(box.Folder, "bad.pgdump");
        foreach (var (content, ids) in new (byte[], string)[]
        {
            (real[..(real.Length / 2)], "BackupDamaged"),
            (real[..^1], "BackupDamaged"),
            ([.. Enumerable.Range(0, 9000).Select(i => (byte)(i * 31))], "BackupForeign"),
            (File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "backups", "shoreguard-sqlite-012.sqlite")), "BackupKindMismatch"),
            ([], "BackupEmpty"),
        })
        {
            File.WriteAllBytes(bad, content);
            box.Restore(bad).Error(ids, ErrorCategory.InvalidData);
            Unchanged(box, before);
        }
    }

    // Others may read the backup: 0600 becomes 0644.
    [Fact]
    public void The_mode_of_a_backup()
    {
        using var box = Box(15, "012");
        var path = BackUp(box);
        foreach (var file in (string[])[path, path + ".json"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows()
                ? UnixFileMode.UserRead | UnixFileMode.UserWrite : File.GetUnixFileMode(file));
    }

    // The restore runs under the application, which goes on with whatever becomes of its tables.
    [Theory]
    [FullData(15, true)]
    [InlineData(15, false)]
    [InlineData(17, true)]
    [FullData(17, false)]
    public void An_application_that_is_still_running(int major, bool inPlace)
    {
        using var box = Box(major, "017").MayCreateDatabases(!inPlace);
        var before = box.Fingerprint();
        using (var application = box.OpenAsRole())
        {
            Assert.Contains("the application (", box.Restore(PostgresSandbox.Real("012")).Error("DatabaseBusy", ErrorCategory.ResourceBusy).ToString(),
                StringComparison.Ordinal);
            PostgresSandbox.Sql(application, "SELECT count(*) FROM gateways");
        }
        Unchanged(box, before);
    }

    // pg_restore --clean that dies half-way: tables are empty, constraints gone, and alembic_version still says 017. (Killed in PostgresFaultTests.)
    [Theory]
    [InlineData(15, true)]
    [FullData(15, false)]
    [FullData(17, true)]
    [InlineData(17, false)]
    public void A_pg_restore_that_fails_half_way(int major, bool inPlace)
    {
        using var box = Box(major, "017");
        using (var role = box.OpenAsRole())
        {
            PostgresSandbox.Sql(role, """
                CREATE FUNCTION public.fails(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN IF current_setting('test.fails', true) = 'yes' THEN RAISE 'it fails here'; END IF; RETURN true; END $$;
                CREATE TABLE public.z_fails (x int CHECK (public.fails(x)));
                INSERT INTO public.z_fails VALUES (1);
                """);
        }
        var path = BackUp(box);
        box.Sql(box.Database, "DELETE FROM audit_log");
        box.Sql("postgres", $"ALTER ROLE {PostgresSandbox.Quote(box.Role)} SET test.fails = 'yes'");
        box.MayCreateDatabases(!inPlace);
        var before = box.Fingerprint();
        var run = box.Restore(path);
        Assert.Contains("it fails here", run.Error("RestoreFailed", ErrorCategory.InvalidOperation).ToString(), StringComparison.Ordinal);
        Assert.Equal("True", run.Single().Text("Reverted"));
        Unchanged(box, before);
    }

    // The revision says 012, the tables of 013 to 017 remain, and the next upgrade fails with DuplicateTable.
    [Theory]
    [FullData(15, true)]
    [InlineData(15, false)]
    [InlineData(17, true)]
    [FullData(17, false)]
    public void A_dump_of_012_over_a_database_at_017(int major, bool inPlace)
    {
        using var box = Box(major, "017").MayCreateDatabases(!inPlace);
        box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed();
        Assert.Equal("012", box.Revision());
        Assert.Equal([],
            box.Query(box.Database,
            "SELECT relname FROM pg_class WHERE relname IN ('policy_apply_proposals', 'policy_pins', 'approval_workflows', 'approval_decisions', "
            + "'sbom_snapshots', 'sbom_components', 'sandbox_boot_hooks')"));
        box.Upgrade("0.28.0");
        Assert.Equal("017", box.Revision());
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
    }

    // --clean fails, and a hybrid of both schemas remains.
    [Theory]
    [InlineData(15, true)]
    [FullData(15, false)]
    [FullData(17, true)]
    [InlineData(17, false)]
    public void A_foreign_key_from_a_new_table_to_an_old_one(int major, bool inPlace)
    {
        using var box = Box(major, "012");
        var path = BackUp(box);
        var before = box.Fingerprint();
        using (var role = box.OpenAsRole())
            PostgresSandbox.Sql(role,
                "CREATE TABLE public.newer (gateway text REFERENCES public.gateways (name)); INSERT INTO public.newer SELECT name FROM public.gateways; UPDATE "
                + "alembic_version SET version_num = '013'");
        box.MayCreateDatabases(!inPlace);
        box.Restore(path).ThrowIfFailed();
        Assert.Equal(before, box.Fingerprint());
    }

    // The restore hangs behind it.
    [Theory]
    [FullData(15, true)]
    [InlineData(15, false)]
    [InlineData(17, true)]
    [FullData(17, false)]
    public void An_open_lock_in_another_session(int major, bool inPlace)
    {
        using var box = Box(major, "017").MayCreateDatabases(!inPlace);
        var before = box.Fingerprint();
        using (var session = box.Open(box.Database))
        {
            PostgresSandbox.Sql(session, "BEGIN; LOCK TABLE gateways IN ACCESS EXCLUSIVE MODE");
            Assert.Contains("(postgres from ", box.Restore(PostgresSandbox.Real("012")).Error("DatabaseBusy", ErrorCategory.ResourceBusy).ToString(),
                StringComparison.Ordinal);
        }
        Unchanged(box, before);
    }

    private static PostgresSandbox Box(int major, string revision) => new PostgresSandbox(host: PostgresHost.Of(major)).Fill(revision);

    private static string BackUp(PostgresSandbox box) => box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;

    private static void Unchanged(PostgresSandbox box, string before)
    {
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal([box.Database], box.Databases(""));
    }
}
