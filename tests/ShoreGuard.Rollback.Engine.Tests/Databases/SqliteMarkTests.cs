using System.Text.Json;
using CsCheck;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Rows that were changed are told from rows that were not, without a trace in the database.</summary>
public sealed class SqliteMarkTests : IDisposable
{
    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData("UPDATE gateways SET description = 'other' WHERE id = 1", "gateways")]
    [InlineData("PRAGMA foreign_keys = OFF; DELETE FROM gateways WHERE id = 1", "gateways")]
    [InlineData("UPDATE gateways SET description = description", "")]
    [InlineData("CREATE TABLE new (a)", "")]
    [InlineData("VACUUM", "")]
    public async Task What_was_written_is_found(string sql, string changed)
    {
        var database = new SqliteDatabase(_box.Real("017", "shoreguard.db"), "sqlite");
        var mark = await database.ReadMarkAsync(TestContext.Current.CancellationToken);

        Execute(database.FilePath, sql);

        Assert.Equal(changed, string.Join(' ', await database.FindChangedAsync(mark, TestContext.Current.CancellationToken)));
    }

    // Each of its kinds, at its ends, and what is stored otherwise than it was declared.
    [Fact]
    public async Task The_agent_in_a_container_computes_the_same()
    {
        var path = _box.Path("kinds.db");
        Execute(path, """
            CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('017');
            CREATE TABLE "odd ""name" (a INTEGER, b REAL, c TEXT, d BLOB);
            INSERT INTO "odd ""name" VALUES (1, 1.5, 'é', x'00ff'), (-9223372036854775808, -0.0, '', x''), (NULL, 1e300, CAST(x'ff00fe' AS TEXT), 'text'), ('words', 3, 4, 5);
            CREATE TABLE empty (a); CREATE TABLE keyed (k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO keyed VALUES ('b', 1), ('a', 2);
            """);

        using var script = new StreamReader(typeof(SqliteMark).Assembly.GetManifestResourceStream("look.py")!);
        var said = await ToolProcess.RunAsync("python3", ["-"], new Dictionary<string, string?>(), TestContext.Current.CancellationToken,
            input: $"{await script.ReadToEndAsync(TestContext.Current.CancellationToken)}\nprint(json.dumps(mark({JsonSerializer.Serialize(path)})))\n");

        Assert.SkipWhen(said is null, "python3 is not installed.");
        Assert.True(said.ExitCode == 0, said.Stderr);
        Assert.Equal(Read(SqliteInspection.ReadMark(path, TestContext.Current.CancellationToken)), Read(said.Stdout));
    }

    private static Dictionary<string, string> Read(string mark) => JsonSerializer.Deserialize<Dictionary<string, string>>(mark)!;

    [Fact]
    public void The_order_of_rows_is_of_no_account_and_every_value_is() => Gen.Int[0, 20].Array[1, 8].Sample(values =>
    {
        var (one, other, changed) = (Digest(values), Digest([.. values.Reverse()]), Digest([.. values.SkipLast(1), values[^1] + 100]));
        Assert.Equal(one, other);
        Assert.NotEqual(one, changed);
    }, iter: 200);

    private static string Digest(int[] values)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE TABLE t (a); INSERT INTO t VALUES {string.Join(", ", values.Select(value => $"({value})"))}";
        command.ExecuteNonQuery();
        return SqliteMark.Of(connection, CancellationToken.None);
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
