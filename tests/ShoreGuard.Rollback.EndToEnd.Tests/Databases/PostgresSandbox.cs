using Npgsql;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A role and a database of a test's own on the stack's server, and a session with the module.</summary>
public sealed class PostgresSandbox : IDisposable
{
    private const string RolePassword = "p@ss/w:rd%1 x";

    private readonly Uri _server = new(Stack.Require("SHOREGUARD_TEST_POSTGRES"));
    private readonly string _id = Guid.NewGuid().ToString("n")[..12];

    public PostgresSandbox(bool createDb = true, string suffix = "")
    {
        Database = $"sg_{_id}{suffix}";
        Role = $"role_{_id}";
        Sql("postgres", $"CREATE ROLE {Role} LOGIN PASSWORD '{RolePassword}' {(createDb ? "CREATEDB" : "")}");
        Sql("postgres", $"CREATE DATABASE \"{Database}\" OWNER {Role} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    }

    public ModuleHost Module { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public string Database { get; }

    public string Role { get; }

    public static string Password => RolePassword;

    /// <summary>As in SHOREGUARD_DATABASE_URL.</summary>
    public string Url => UrlWith(RolePassword);

    public string UrlWith(string password) =>
        $"postgresql+psycopg://{Role}:{Uri.EscapeDataString(password)}@{_server.Host}:{_server.Port}/{Database}";

    /// <summary>A real dump, by revision.</summary>
    public static string Real(string revision) => Path.Combine(AppContext.BaseDirectory, "Data", "backups", $"shoreguard-pg15-{revision}.pgdump");

    /// <summary>Gives the role the right to create databases, or takes it away.</summary>
    public PostgresSandbox MayCreateDatabases(bool may)
    {
        Sql("postgres", $"ALTER ROLE {Role} {(may ? "CREATEDB" : "NOCREATEDB")}");
        return this;
    }

    /// <summary>Every row of every table, as one text; and every object with its owner.</summary>
    public string Fingerprint(string? database = null)
    {
        var name = database ?? Database;
        var rows = Query(name, "SELECT format('SELECT %L || md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), %L)) FROM %I.%I t', relname || ' ', '', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname !~ '^pg_|^information_schema$' ORDER BY 1")
            .SelectMany(sql => Query(name, sql));
        var objects = Query(name, "SELECT concat_ws(' ', relkind, nspname, relname, pg_get_userbyid(relowner), relacl::text) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_|^information_schema$' ORDER BY 1");
        return string.Join('\n', rows.Concat(objects));
    }

    /// <summary>Puts a real dump into the database.</summary>
    public PostgresSandbox Fill(string revision)
    {
        Restore(Real(revision)).ThrowIfFailed();
        foreach (var kept in Databases("_before_"))
            Sql("postgres", $"DROP DATABASE \"{kept}\"");
        return this;
    }

    public RunResult Restore(string path, string more = "") =>
        Module.Run($"Restore-ShoreGuardDatabase -BackupPath $args[0] -DatabaseUrl $args[1] -Confirm:$false -Verbose {more}", path, Url);

    public RunResult BackUp(string? url = null) => Module.Run("Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[1] -Verbose", url ?? Url, Folder);

    /// <summary>The databases of this test whose names contain a text.</summary>
    public IReadOnlyList<string> Databases(string part) =>
        Query("postgres", $"SELECT datname FROM pg_database WHERE datname LIKE 'sg\\_{_id}%' AND strpos(datname, '{part}') > 0");

    public string Revision(string? database = null) => Query(database ?? Database, "SELECT version_num FROM alembic_version")[0];

    public IReadOnlyList<string> Query(string database, string sql)
    {
        using var connection = Open(database);
        using var command = new NpgsqlCommand(sql, connection);
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(reader.IsDBNull(0) ? "" : reader.GetValue(0).ToString()!);
        return rows;
    }

    public void Sql(string database, string sql)
    {
        using var connection = Open(database);
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>A session of the superuser.</summary>
    public NpgsqlConnection Open(string database)
    {
        var user = _server.UserInfo.Split(':');
        return Open(database, user[0], Uri.UnescapeDataString(user[1]), "a test");
    }

    /// <summary>A session such as the application's.</summary>
    public NpgsqlConnection OpenAsRole() => Open(Database, Role, RolePassword, "the application");

    private NpgsqlConnection Open(string database, string user, string password, string application)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = _server.Host,
            Port = _server.Port,
            Username = user,
            Password = password,
            Database = database,
            ApplicationName = application,
            Pooling = false,
        }.ToString());
        connection.Open();
        return connection;
    }

    public void Dispose()
    {
        Module.Dispose();
        foreach (var database in Databases(""))
            Sql("postgres", $"DROP DATABASE \"{database}\" WITH (FORCE)");
        Sql("postgres", $"DROP ROLE {Role}");
        Directory.Delete(Folder, recursive: true);
    }
}
