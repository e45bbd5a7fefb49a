using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Every kind of SQLite file comes through a backup and a restore with its rows, its settings and its name.</summary>
public sealed class SqliteVarietyTests : IDisposable
{
    private const string Revision = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL); INSERT INTO alembic_version VALUES ('017');";

    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    // As the path of a share does, //SERVER/SHARE/…; on Unix, two slashes are one.
    [Fact]
    public void A_path_that_begins_with_two_slashes_is_a_path()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There it would be a share.");
        using var connection = SqliteFile.OpenImmutable("/" + _box.Real("017", "shoreguard.db"));
        Assert.Equal(
            ["017"], SqliteFile.Query(connection, "SELECT version_num FROM alembic_version", row => row.GetString(0), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("page_size = 512", "page_size")]
    [InlineData("page_size = 65536", "page_size")]
    [InlineData("auto_vacuum = FULL", "auto_vacuum")]
    [InlineData("auto_vacuum = INCREMENTAL", "auto_vacuum")]
    [InlineData("encoding = 'UTF-16le'", "encoding")]
    [InlineData("encoding = 'UTF-16be'", "encoding")]
    [InlineData("application_id = 1397178951", "application_id")]
    [InlineData("user_version = 42", "user_version")]
    public async Task Settings_of_the_file_stay(string setting, string name)
    {
        var path = Make("shoreguard.db", $"PRAGMA {setting}; {Revision} CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT); " +
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i, 'Zeile ' || i || ' äöü 🐚 ' || "
                + "hex(randomblob(200)) FROM n; DELETE FROM t WHERE id % 3 = 0");
        var wanted = Setting(path, name);
        var restored = await RoundTrip(path);
        Assert.Equal(wanted, Setting(restored, name));
    }

    [Theory]
    [InlineData("WITHOUT ROWID", "CREATE TABLE t (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1), ('x', 2)")]
    [InlineData("STRICT", "CREATE TABLE t (a TEXT NOT NULL, b ANY) STRICT; INSERT INTO t VALUES ('x', 1), ('y', x'00ff')")]
    [InlineData("generated columns",
        "CREATE TABLE t (a INTEGER, b INTEGER AS (a * 2) STORED, c INTEGER AS (a * 3) VIRTUAL); CREATE INDEX i ON t (c); INSERT INTO t (a) VALUES (1), (2)")]
    [InlineData("partial and expression indexes",
        "CREATE TABLE t (a TEXT, b INTEGER); CREATE UNIQUE INDEX i ON t (lower(a)) WHERE b > 0; INSERT INTO t VALUES ('A', 1), ('a', 0)")]
    [InlineData("FTS5", "CREATE VIRTUAL TABLE t USING fts5 (body); INSERT INTO t VALUES ('the quick brown fox'), ('jumps')")]
    [InlineData("views and triggers",
        "CREATE TABLE t (a INTEGER); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT raise(IGNORE) WHERE NEW.a < 0; END; "
        + "INSERT INTO t VALUES (1), (2)")]
    [InlineData("names", "CREATE TABLE \"Sélect \"\"from\"\" t'able\" (\"a b\" INTEGER); INSERT INTO \"Sélect \"\"from\"\" t'able\" VALUES (1), (2)")]
    public async Task Every_kind_of_table_comes_through(string what, string sql)
    {
        var restored = await RoundTrip(Make("shoreguard.db", Revision + sql));
        Assert.Equal("ok", Sandbox.Scalar<string>(restored, "PRAGMA integrity_check"));
        if (what == "FTS5")
            Assert.Equal("the quick brown fox", Sandbox.Scalar<string>(restored, "SELECT body FROM t WHERE t MATCH 'quick'"));
    }

    // The module of a virtual table is an extension of the application's: it need not be here.
    [Fact]
    public async Task A_virtual_table_whose_module_is_missing_comes_through()
    {
        var path = Make("shoreguard.db", Revision + "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2); PRAGMA writable_schema = ON; " +
            "INSERT INTO sqlite_schema VALUES ('table', 'search', 'search', 0, 'CREATE VIRTUAL TABLE search USING nosuchmodule (body)')");
        var backup = await _box.BackUp(path);
        await _box.Restore(backup.BackupPath, path);
        Assert.Equal(2L, Sandbox.Scalar<long>(path, "SELECT count(*) FROM t"));
        Assert.Equal(1L, Sandbox.Scalar<long>(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'search'"));
    }

    [Theory]
    [InlineData("with space.db")]
    [InlineData("quote's \"and\".db")]
    [InlineData("what?mode=ro.db")]
    [InlineData("a#b.db")]
    [InlineData("100%41.db")]
    [InlineData("schüssel-鍵-🔑.db")]
    [InlineData("star*[x].db")]
    [InlineData("-dash;semi.db")]
    public async Task Every_file_name_is_taken_literally(string name)
    {
        if (OperatingSystem.IsWindows())
            Assert.SkipWhen(name.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0, "Windows has no such names.");
        // A question mark begins the options of a URL: there is no way to write it in one.
        Assert.SkipWhen(name.Contains('?', StringComparison.Ordinal), "A SQLAlchemy URL cannot name it.");
        var path = _box.Real("017", name);
        await RoundTrip(path);
        Assert.Equal(
            [name], Directory.GetFiles(_box.Folder).Select(Path.GetFileName).Where(file => !file!.Contains(".before-restore-", StringComparison.Ordinal)));
    }

    // A question mark can still be in the name of the backup and of its folder.
    [Fact]
    public async Task A_backup_in_a_folder_of_any_name_is_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        var folder = Directory.CreateDirectory(_box.Path("a?b#c%20 'd'")).FullName;
        var target = _box.Real("017", "shoreguard.db");
        var backup = await _box.BackUp(target, folder);
        Assert.Equal("017", (await _box.Restore(backup.BackupPath, target)).Revision);
    }

    // A real one: the writer is killed in its transaction, after pages had to be written to the database.
    [Fact]
    public async Task A_hot_journal_is_played_back_before_a_backup_and_before_a_restore()
    {
        var path = _box.Real("017", "shoreguard.db");
        var before = _box.Content(path);
        KillInTransaction(path, "DELETE");
        Assert.True(new FileInfo(path + "-journal").Length > 0);
        Assert.Equal(before, _box.Content((await _box.BackUp(Copy(path, "for-backup.db"))).BackupPath));

        var result = await _box.Restore(_box.Real("016", "backup.sqlite"), path);
        Assert.Equal(("017", "016"), (result.RevisionBefore, Sandbox.Revision(path)));
        Assert.Equal(before, _box.Content(result.Kept!));
        Assert.False(File.Exists(path + "-journal") || File.Exists(result.Kept + "-journal"));
    }

    [Fact]
    public async Task A_wal_with_a_checkpoint_pending_and_a_transaction_that_was_not_committed()
    {
        var path = _box.Real("017", "shoreguard.db");
        using (var application = Application.Start(path, "wal"))
        {
            Assert.SkipWhen(application is null, "python3 is not installed.");
            application.Execute("CREATE TABLE late (x)");
            application.Execute("INSERT INTO late VALUES (1)");
            application.Execute("PRAGMA wal_checkpoint(PASSIVE)");
            application.Execute("INSERT INTO late VALUES (2)");
            application.Execute("PRAGMA cache_size = 2");
            application.Execute("BEGIN");
            application.Execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO late SELECT hex(randomblob(100)) FROM n");
            application.Kill();
        }
        Assert.True(new FileInfo(path + "-wal").Length > 100_000);
        Assert.Equal(2, (await _box.BackUp(Copy(path, "for-backup.db"))).Rows.Single(table => table.Table == "late").Rows);
        var result = await _box.Restore(_box.Real("016", "backup.sqlite"), path);
        Assert.Equal(2L, Sandbox.Scalar<long>(result.Kept!, "SELECT count(*) FROM late"));
    }

    // As scripts/backup.py writes it: an online backup, through Python's own SQLite.
    [Theory]
    [InlineData("012")]
    [InlineData("017")]
    public async Task What_the_scripts_wrote_is_read_here_and_what_is_written_here_is_read_by_the_scripts(string revision)
    {
        const string Copy = "import sqlite3, sys; a = sqlite3.connect(sys.argv[1]); b = sqlite3.connect(sys.argv[2]); a.backup(b); b.close(); a.close()";
        var source = _box.Real(revision, "source.db");
        var theirs = _box.Path("theirs.sqlite");
        var code = Application.Run(Copy, source, theirs);
        Assert.SkipWhen(code is null, "python3 is not installed.");
        Assert.Equal(0, code);
        var target = _box.Real("016", "shoreguard.db");
        await _box.Restore(theirs, target);
        Assert.Equal(_box.Content(source), _box.Content(target));

        var ours = await _box.BackUp(target);
        Assert.Equal(0, Application.Run(Copy, ours.BackupPath, _box.Path("restored.db")));
        Assert.Equal(_box.Content(source), _box.Content(_box.Path("restored.db")));
    }

    private async Task<string> RoundTrip(string path)
    {
        var before = _box.Content(path);
        var backup = await _box.BackUp(path);
        Assert.Equal(before, _box.Content(backup.BackupPath));
        using (var connection = Open(path))
            Sandbox.Execute(connection, "UPDATE alembic_version SET version_num = 'bad'");
        var result = await _box.Restore(backup.BackupPath, path);
        Assert.Equal("bad", result.RevisionBefore);
        Assert.Equal(before, _box.Content(path));
        return path;
    }

    private string Make(string name, string sql)
    {
        using (var connection = Open(_box.Path(name)))
            Sandbox.Execute(connection, sql);
        return _box.Path(name);
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static string Setting(string path, string name) =>
        Convert.ToString(Sandbox.Scalar<object>(path, $"PRAGMA {name}"), System.Globalization.CultureInfo.InvariantCulture)!;

    private string Copy(string path, string name)
    {
        foreach (var suffix in (string[])["", "-wal", "-journal"])
            if (File.Exists(path + suffix))
                File.Copy(path + suffix, _box.Path(name) + suffix);
        return _box.Path(name);
    }

    private static void KillInTransaction(string path, string mode)
    {
        using var application = Application.Start(path, mode);
        Assert.SkipWhen(application is null, "python3 is not installed.");
        application.Execute("PRAGMA cache_size = 2");
        application.Execute("BEGIN IMMEDIATE");
        application.Execute("UPDATE gateways SET description = hex(randomblob(3000))");
        application.Execute("DELETE FROM audit_log");
        application.Kill();
    }
}
