using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

public sealed class PostgresTests
{
    [Theory]
    [InlineData("012", "017")]
    [InlineData("017", "012")]
    public void A_real_dump_replaces_the_database_and_keeps_it(string revision, string present)
    {
        using var box = new PostgresSandbox().Fill(present);
        var result = Assert.Single(box.Restore(PostgresSandbox.Real(revision)).ThrowIfFailed().Output);
        Assert.Equal((present, revision), (Text(result, "RevisionBefore"), Text(result, "Revision")));
        Assert.Equal(revision, box.Revision());
        Assert.Equal(present, box.Revision(Text(result, "Kept")));
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
        Assert.Empty(box.Databases("_restore_"));
        // A dump of 012 over 017 leaves no table of 013 to 017 behind.
        Assert.Equal(revision == "017" ? "1" : "0", box.Query(box.Database, "SELECT count(*) FROM pg_class WHERE relname = 'policy_apply_proposals'")[0]);
    }

    [Fact]
    public void A_backup_is_proven_private_and_comes_back()
    {
        using var box = new PostgresSandbox().Fill("017");
        var backup = Assert.Single(box.BackUp().ThrowIfFailed().Output);
        var path = Text(backup, "BackupPath")!;
        Assert.Matches(@"/shoreguard-\d{8}T\d{6}Z\.pgdump$", path);
        Assert.Equal("017", Text(backup, "Revision"));
        Assert.Equal(Text(backup, "TotalRows"), box.Query(box.Database, TotalRows)[0]);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        box.Sql(box.Database, "DELETE FROM gateways");
        box.Restore(path).ThrowIfFailed();
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
        Assert.Single(Directory.GetFiles(box.Folder, "*.pgdump"));
    }

    // Its SHA-256 says that it is still the file that was read to its last byte then, and the result says that this is why.
    [Fact]
    public void A_check_that_was_derived_says_so()
    {
        using var box = new PostgresSandbox().Fill("017");
        var path = box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;
        const string Derived = "backup: readable to the last byte, revision", Read = "backup: readable to the last byte";
        var derived = box.Restore(path).ThrowIfFailed().Single();
        Assert.StartsWith("derived", Detail(derived, Derived), StringComparison.Ordinal);
        File.Delete(path + ".json");
        var read = box.Restore(path).ThrowIfFailed().Single();
        Assert.Matches("^[0-9]+ rows in [0-9]+ tables$", Detail(read, Read));
        Assert.Equal(read.Texts("Rows"), derived.Texts("Rows"));
    }

    [Fact]
    public void A_backup_pipes_into_a_restore()
    {
        using var box = new PostgresSandbox().Fill("012");
        var run = box.Module.Run(
            "Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[1] | Restore-ShoreGuardDatabase -DatabaseUrl $args[0] -Confirm:$false", box.Url,
            box.Folder);
        Assert.Equal("012", Text(Assert.Single(run.ThrowIfFailed().Output), "Revision"));
    }

    [Fact]
    public void Owner_encoding_settings_comment_and_grants_stay()
    {
        using var box = new PostgresSandbox(suffix: " Odd Näme's").Fill("017");
        var name = $"\"{box.Database}\"";
        box.Sql("postgres", $"ALTER DATABASE {name} SET search_path = \"$user\", public, 'odd one'");
        box.Sql("postgres", $"ALTER DATABASE {name} SET work_mem = '8MB'");
        box.Sql("postgres", $"COMMENT ON DATABASE {name} IS 'it''s \\ mine'");
        box.Sql("postgres", $"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC");
        box.Sql("postgres", $"GRANT TEMPORARY ON DATABASE {name} TO pg_monitor WITH GRANT OPTION");
        box.Sql("postgres", $"ALTER DATABASE {name} CONNECTION LIMIT 50");
        const string Traits = """
            SELECT concat_ws(' | ', pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, shobj_description(oid, 'pg_database'),
                (SELECT string_agg(acl::text, ',' ORDER BY acl::text) FROM unnest(datacl) acl), (SELECT string_agg(c, ',' ORDER BY c) FROM pg_db_role_setting, unnest(setconfig) c WHERE setdatabase = oid))
            FROM pg_database WHERE datname = current_database()
            """;
        var before = box.Query(box.Database, Traits)[0];
        box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed();
        Assert.Equal(before, box.Query(box.Database, Traits)[0]);
    }

    [Fact]
    public void WhatIf_changes_nothing()
    {
        using var box = new PostgresSandbox().Fill("017");
        Assert.Empty(box.Restore(PostgresSandbox.Real("012"), "-WhatIf").ThrowIfFailed().Output);
        Assert.Equal([box.Database], box.Databases(""));
        Assert.Equal("017", box.Revision());
        Assert.Empty(box.Module.Run("Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[1] -WhatIf", box.Url, box.Folder).ThrowIfFailed().Output);
        Assert.Empty(Directory.GetFiles(box.Folder));
    }

    [Theory]
    [InlineData("truncated", "BackupDamaged")]
    [InlineData("flipped", "BackupDamaged")]
    [InlineData("head only", "BackupDamaged")]
    [InlineData("empty", "BackupEmpty")]
    [InlineData("garbage", "BackupForeign")]
    [InlineData("sqlite", "BackupKindMismatch")]
    [InlineData("folder", "BackupIsFolder")]
    [InlineData("missing", "BackupNotFound")]
    public void A_dump_that_is_not_good_is_refused_and_the_database_stays(string what, string id)
    {
        using var box = new PostgresSandbox().Fill("017");
        var path = Path.Combine(box.Folder, "backup.pgdump");
        MakeBad(what, path);
        Fails(box.Restore(path), id, box);
        Assert.Equal([box.Database], box.Databases(""));
        Assert.Equal("40", box.Query(box.Database, "SELECT count(*) FROM gateways")[0]);
    }

    [Fact]
    public void Other_sessions_are_listed_and_keep_the_database()
    {
        using var box = new PostgresSandbox().Fill("017");
        using (box.Open(box.Database))
        {
            // Of the superuser's session the role learns the user and the process.
            var error = Fails(box.Restore(PostgresSandbox.Real("012")), "DatabaseBusy", box);
            Assert.Equal(ErrorCategory.ResourceBusy, error.CategoryInfo.Category);
            Assert.Matches(@"\(postgres from .+, process \d+\)", error.ToString());
        }
        using (box.OpenAsRole())
            Assert.Contains($"the application ({box.Role} from 127.0.0.1, process ",
                Fails(box.Restore(PostgresSandbox.Real("012")), "DatabaseBusy", box).ToString(), StringComparison.Ordinal);
        Assert.Equal([box.Database], box.Databases(""));
    }

    [Fact]
    public void A_database_of_another_application_is_not_backed_up()
    {
        using var box = new PostgresSandbox();
        box.Sql(box.Database, "CREATE TABLE other (x int)");
        Fails(box.BackUp(), "DatabaseForeign", box);
        Assert.Empty(Directory.GetFiles(box.Folder));
    }

    [Fact]
    public void A_wrong_password_is_an_authentication_error()
    {
        using var box = new PostgresSandbox();
        var error = Fails(box.BackUp(box.UrlWith("wr0ng-s3cret")), "DatabaseLoginFailed", box);
        Assert.Equal(ErrorCategory.AuthenticationError, error.CategoryInfo.Category);
        Assert.DoesNotContain("wr0ng-s3cret", error.ToString() + error.TargetObject, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_is_not_there_is_a_connection_error()
    {
        using var box = new PostgresSandbox();
        Fails(box.BackUp("postgresql://u:p@127.0.0.1:1/d"), "DatabaseUnreachable", box);
        Fails(box.BackUp(box.Url + "_gone"), "DatabaseMissing", box);
        Fails(box.BackUp("postgres://u:p@127.0.0.1/d"), "DatabaseUrlForeign", box);
    }

    private const string TotalRows = """
        SELECT sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I.%I', schemaname, tablename), false, true, '')))[1]::text::bigint)
        FROM pg_tables WHERE schemaname = 'public'
        """;

    private static string? Detail(PSObject result, string check) =>
        Assert.Single(result.List("Checks"), each => Text(each, "Name") == check).Text("Detail");

    private static string? Text(PSObject? value, string property) => value?.Properties[property]?.Value?.ToString();

    private static ErrorRecord Fails(RunResult run, string id, PostgresSandbox box)
    {
        var error = Assert.Single(run.Errors);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Empty(run.Output);
        Assert.Empty(box.Databases("_restore_"));
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Append(error.ToString()), text =>
            text.Contains(PostgresSandbox.Password, StringComparison.Ordinal));
        return error;
    }

    private static void MakeBad(string what, string path)
    {
        var real = File.ReadAllBytes(PostgresSandbox.Real("017"));
        switch (what)
        {
            case "truncated":
                File.WriteAllBytes(path, real[..(real.Length - 5000)]);
                break;
            case "head only":
                File.WriteAllBytes(path, real[..20]);
                break;
            case "flipped":
                for (var at = real.Length - 8000; at < real.Length; at += 100)
                    real[at] ^= 0x10;
                File.WriteAllBytes(path, real);
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "garbage":
                File.WriteAllBytes(path, [.. Enumerable.Range(0, 9000).Select(i => (byte)(i * 31))]);
                break;
            case "sqlite":
                File.Copy(PostgresSandbox.Real("017").Replace("pg15-017.pgdump", "sqlite-017.sqlite", StringComparison.Ordinal), path);
                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "missing":
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }
}
