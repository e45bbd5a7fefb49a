using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Restores by a role that may not create databases.</summary>
public sealed class PostgresInPlaceTests
{
    [Theory]
    [InlineData("012", "017")]
    [InlineData("017", "012")]
    public void A_real_dump_replaces_the_database_which_is_backed_up_first(string revision, string present)
    {
        using var box = new PostgresSandbox().Fill(present).MayCreateDatabases(false);
        var before = box.Fingerprint();
        var run = Restore(box, PostgresSandbox.Real(revision)).ThrowIfFailed();
        var result = run.Single();
        Assert.Contains(run.Verbose, text => text.Contains($"in place and in one transaction, because {box.Role} is not allowed to create databases; "
            + $"the present database is backed up into {box.Folder} first", StringComparison.Ordinal));
        Assert.Equal((present, revision, "True"), (result.Text("RevisionBefore"), result.Text("Revision"), result.Text("Succeeded")));
        Assert.Equal(revision, box.Revision());
        Assert.Equal(revision == "017" ? "1" : "0", box.Query(box.Database, "SELECT count(*) FROM pg_class WHERE relname = 'policy_apply_proposals'")[0]);
        Assert.Equal([box.Database], box.Databases(""));

        var kept = result.Text("Kept")!;
        Assert.Equal([kept], Directory.GetFiles(box.Folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows()
            ? UnixFileMode.UserRead | UnixFileMode.UserWrite : File.GetUnixFileMode(kept));
        Restore(box, kept).ThrowIfFailed();
        Assert.Equal(before, box.Fingerprint());
    }

    [Fact]
    public void Nothing_newer_is_left_whatever_it_hangs_on()
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(false);
        var backup = Path.Combine(box.Folder, "shoreguard-20261122T031214Z.pgdump");
        File.Copy(PostgresSandbox.Real("017"), backup);
        var before = box.Fingerprint();
        using (var role = box.OpenAsRole())
        using (var command = new Npgsql.NpgsqlCommand("""
            CREATE TYPE public.mood AS ENUM ('good', 'bad');
            CREATE DOMAIN public."odd domain" AS int CHECK (VALUE > 0);
            CREATE TABLE public."Newer;--" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gateway text REFERENCES public.gateways (name), mood public.mood, odd public."odd domain");
            CREATE VIEW public.newer_view AS SELECT * FROM public."Newer;--";
            CREATE MATERIALIZED VIEW public.newer_matview AS SELECT * FROM public.gateways;
            CREATE SEQUENCE public.newer_sequence;
            CREATE FUNCTION public.newer_function(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
            CREATE OPERATOR public.@@@ (RIGHTARG = int, FUNCTION = public.newer_function);
            CREATE TABLE public.parted (id int, at date) PARTITION BY RANGE (at);
            CREATE TABLE public.parted_1 PARTITION OF public.parted DEFAULT;
            CREATE SCHEMA newer CREATE TABLE newer.one (x int) CREATE VIEW newer.two AS SELECT * FROM newer.one;
            SELECT lo_from_bytea(0, 'x');
            """, role))
            command.ExecuteNonQuery();
        // Where no folder is named, the safety copy is beside the backup.
        var result = box.Restore(backup).ThrowIfFailed().Single();
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal("0", box.Query(box.Database, "SELECT count(*) FROM pg_type WHERE typname IN ('mood', 'odd domain')")[0]);
        Assert.Equal("0", box.Query(box.Database, "SELECT count(*) FROM pg_proc WHERE proname = 'newer_function'")[0]);
        Assert.Equal("0", box.Query(box.Database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'newer'")[0]);
        Assert.Equal(box.Folder, Path.GetDirectoryName(result.Text("Kept")));
        // And all of it comes back.
        Restore(box, result.Text("Kept")!).ThrowIfFailed();
        Assert.Equal("1", box.Query(box.Database, "SELECT count(*) FROM newer.two RIGHT JOIN (VALUES (1)) one ON true")[0]);
        Assert.Equal("1", box.Query(box.Database, "SELECT count(*) FROM pg_largeobject_metadata")[0]);
    }

    [Fact]
    public void Extensions_and_schemas_of_others_stay()
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(false);
        box.Sql(box.Database,
            "CREATE SCHEMA extensions; CREATE EXTENSION pgcrypto SCHEMA extensions; CREATE EXTENSION hstore SCHEMA public; COMMENT ON SCHEMA extensions IS "
            + "'not yours'");
        box.Sql(box.Database, $"GRANT USAGE ON SCHEMA extensions TO {box.Role}");
        var backup = box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;
        var before = box.Fingerprint();
        box.Sql(box.Database, "DELETE FROM gateways");
        Restore(box, backup).ThrowIfFailed();
        Assert.Equal(before, box.Fingerprint());
        Assert.Equal("2",
            box.Query(box.Database, "SELECT count(*) FROM pg_extension WHERE extname IN ('pgcrypto', 'hstore') AND pg_get_userbyid(extowner) = 'postgres'")[0]);
    }

    [Fact]
    public void What_the_role_may_not_drop_is_found_before_anything_starts()
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(false);
        box.Sql(box.Database, "CREATE TABLE public.of_another (x int)");
        var before = box.Fingerprint();
        var run = Restore(box, PostgresSandbox.Real("012"));
        Assert.Contains(
            "table public.of_another (postgres)", run.Error("RestoreNotOwner", ErrorCategory.PermissionDenied).ToString(), StringComparison.Ordinal);
        Assert.Empty(run.Output);
        Unchanged(box, before);
    }

    [Fact]
    public void A_role_that_may_create_databases_and_does_not_own_this_one_is_told_which_way_it_goes()
    {
        using var box = new PostgresSandbox().Fill("017");
        box.Sql("postgres", $"ALTER DATABASE \"{box.Database}\" OWNER TO postgres");
        box.Sql(box.Database, $"GRANT CREATE ON SCHEMA public TO {box.Role}");
        var planned = Restore(box, PostgresSandbox.Real("012"), "-WhatIf").ThrowIfFailed();
        var run = Restore(box, PostgresSandbox.Real("012")).ThrowIfFailed();
        Assert.Contains(run.Verbose, text => text.Contains($"in place and in one transaction, because {box.Role} is not a member of postgres, which owns "
            + "the database", StringComparison.Ordinal));
        Assert.Empty(planned.Output);
        Assert.Equal("012", box.Revision());
        box.Sql(box.Database, "CREATE TABLE public.of_another (x int)");
        var before = box.Fingerprint();
        var error = Restore(box, PostgresSandbox.Real("012")).Error("RestoreNotOwner", ErrorCategory.PermissionDenied);
        Assert.Contains("is not a member of postgres", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, box.Fingerprint());
    }

    [Fact]
    public void A_role_that_may_create_nothing_is_told_so()
    {
        using var box = new PostgresSandbox(createDb: false);
        box.Sql("postgres", $"ALTER DATABASE \"{box.Database}\" OWNER TO postgres");
        Assert.Contains(box.Role, Restore(box, PostgresSandbox.Real("012")).Error("RestoreMayNotCreate", ErrorCategory.PermissionDenied).ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_database_needs_no_backup_and_another_applications_gets_one()
    {
        using var box = new PostgresSandbox(createDb: false);
        var first = Restore(box, PostgresSandbox.Real("012")).ThrowIfFailed().Single();
        Assert.Null(first.Text("Kept"));
        Assert.Empty(Directory.GetFiles(box.Folder));

        // Half a restore by other means: tables, and no revision.
        box.Sql(box.Database, "DELETE FROM alembic_version");
        var second = Restore(box, PostgresSandbox.Real("012")).ThrowIfFailed().Single();
        Assert.Null(second.Text("RevisionBefore"));
        Assert.True(File.Exists(second.Text("Kept")));
        Assert.Equal("012", box.Revision());
    }

    [Fact]
    public void WhatIf_changes_nothing()
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(false);
        var before = box.Fingerprint();
        Assert.Empty(Restore(box, PostgresSandbox.Real("012"), "-WhatIf").ThrowIfFailed().Output);
        Unchanged(box, before);
    }

    [Fact]
    public void Other_sessions_are_listed()
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(false);
        using var session = box.OpenAsRole();
        Assert.Contains($"the application ({box.Role} from ",
            Restore(box, PostgresSandbox.Real("012")).Error("DatabaseBusy", ErrorCategory.ResourceBusy).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_found_before_anything_starts()
    {
        using var box = new PostgresSandbox().Fill("017").MayCreateDatabases(false);
        var before = box.Fingerprint();
        var run = box.Module.Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -DatabaseUrl $args[1] -Path $args[2] -Confirm:$false",
            PostgresSandbox.Real("012"), box.Url, "/proc/no");
        run.Error("BackupNotWritable", ErrorCategory.WriteError);
        Assert.Equal("True", run.Single().Text("Reverted"));
        Unchanged(box, before);
    }

    private static RunResult Restore(PostgresSandbox box, string path, string more = "")
    {
        var run = box.Module.Run(
            $"Restore-ShoreGuardDatabase -BackupPath $args[0] -DatabaseUrl $args[1] -Path $args[2] -Confirm:$false -Verbose {more}", path, box.Url, box.Folder);
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Concat(run.Errors.Select(error => error.ToString())), text =>
            text.Contains(PostgresSandbox.Password, StringComparison.Ordinal));
        return run;
    }

    private static void Unchanged(PostgresSandbox box, string before)
    {
        Assert.Equal(before, box.Fingerprint());
        Assert.Empty(Directory.GetFiles(box.Folder));
        Assert.Equal([box.Database], box.Databases(""));
    }
}
