using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Tests.Databases;

namespace ShoreGuard.Rollback.Engine.Tests.Schema;

/// <summary>The revisions, rows and values of SQLite files.</summary>
public sealed class SchemaReadingTests : IDisposable
{
    private readonly Sandbox _box = new();

    private string File => _box.Path("shoreguard.db");

    public void Dispose() => _box.Dispose();

    private void Execute(string sql)
    {
        using var connection = SqliteFile.Open(File, SqliteOpenMode.ReadWriteCreate, TimeSpan.Zero);
        Sandbox.Execute(connection, sql);
    }

    private Task<SchemaReport> ReadAsync() =>
        SchemaInspection.RunAsync(
            new() { Database = new() { Url = $"sqlite:///{File}", BaseFolder = _box.Folder } }, SilentReporter.Instance, TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("INSERT INTO alembic_version VALUES ('017')", "017", "017")]
    [InlineData("INSERT INTO alembic_version VALUES ('b'), ('a')", "a b", null)]
    [InlineData("SELECT 1", "", null)]
    public async Task Any_number_of_revisions_is_what_it_is(string sql, string revisions, string? revision)
    {
        Execute($"CREATE TABLE alembic_version (version_num TEXT); {sql}");
        var report = await ReadAsync();
        Assert.Equal(revisions, string.Join(' ', report.Revisions!));
        Assert.Equal(revision, report.Revision);
        Assert.Null(report.Graph);
        Assert.Equal([File], Directory.GetFiles(_box.Folder));
    }

    [Fact]
    public async Task A_file_that_is_not_ShoreGuards_is_refused()
    {
        Execute("CREATE TABLE t (x INT)");
        Assert.Equal("DatabaseForeign", (await Assert.ThrowsAsync<ShoreGuardException>(ReadAsync)).Id);
    }

    [Fact]
    public async Task Values_are_counted_and_a_column_that_is_not_there_is_left_out()
    {
        Execute("""CREATE TABLE alembic_version (version_num TEXT); CREATE TABLE "t t" (x INT, "order" TEXT); INSERT INTO "t t" VALUES (1, NULL), (NULL, 'a'), (2, 'b')""");
        var contents = await new SqliteDatabase(File, "sqlite").ReadSchemaAsync(
            [new("t t", "x"), new("t t", "order"), new("t t", "missing"), new("missing", "x")], TestContext.Current.CancellationToken);
        Assert.Equal([new("t t", "x"), new("t t", "order")], contents.Values.Keys);
        Assert.All(contents.Values.Values, count => Assert.Equal(2, count));
        Assert.Equal(3, contents.Rows.Single(table => table.Table == "t t").Rows);
    }

    [Fact]
    public async Task Rows_that_wait_in_a_WAL_count()
    {
        Execute("PRAGMA journal_mode=WAL; CREATE TABLE alembic_version (version_num TEXT)");
        using var application = Sandbox.OpenAsApplication(File);
        Sandbox.Execute(application, "INSERT INTO alembic_version VALUES ('017')");
        Assert.True(new FileInfo(File + "-wal").Length > 0);
        Assert.Equal("017", (await ReadAsync()).Revision);
    }
}
