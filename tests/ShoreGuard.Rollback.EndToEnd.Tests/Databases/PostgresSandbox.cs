using System.Diagnostics;
using System.Text;
using Npgsql;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A role and a database of a test's own on a server, and a session with the module.</summary>
public sealed class PostgresSandbox : IDisposable
{
    internal const string RolePassword = "p@ss/w:rd%1 x";

    private readonly PostgresHost _host;
    private readonly string _password;
    private readonly string _id = Guid.NewGuid().ToString("n")[..12];
    private readonly string? _deployment;

    /// <param name="createDb">Whether the role may create databases.</param>
    /// <param name="suffix">The end of the database's name.</param>
    /// <param name="host">The server; the stack's when it is not given.</param>
    /// <param name="prefix">The beginning of the database's name.</param>
    /// <param name="role">The beginning of the role's name.</param>
    /// <param name="password">The role's password.</param>
    public PostgresSandbox(
        bool createDb = true, string suffix = "", PostgresHost? host = null, string prefix = "sg_", string role = "role_", string password = RolePassword)
    {
        _host = host ?? PostgresHost.Of(15);
        _password = password;
        Database = $"{prefix}{_id}{suffix}";
        Role = $"{role}{_id}";
        Sql("postgres", $"CREATE ROLE {Quote(Role)} LOGIN PASSWORD '{password.Replace("'", "''", StringComparison.Ordinal)}' {(createDb ? "CREATEDB" : "")}");
        Sql("postgres", $"CREATE DATABASE {Quote(Database)} OWNER {Quote(Role)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        _deployment = _host.Network is { } network ? CreateDeployment(network) : null;
    }

    public ModuleHost Module { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public string Database { get; }

    public string Role { get; }

    public static string Password => RolePassword;

    /// <summary>The role's, where a test has given it another.</summary>
    public string OwnPassword => _password;

    /// <summary>As in SHOREGUARD_DATABASE_URL.</summary>
    public string Url => UrlWith(_password);

    public string UrlWith(string password) => UrlAt(_host.Superuser.Authority.Split('@')[^1], password);

    /// <summary>How a command of a script is told which database: <c>$args[0]</c> is the URL. A server in a container is found by a deployment, of
    /// which there is no more than its description.</summary>
    public string On => _deployment is null ? "-DatabaseUrl $args[0]" : $"-Deployment (Get-ShoreGuardDeployment -Name {_deployment})";

    /// <summary>The variables by which another process is told the same.</summary>
    public Dictionary<string, string> Variables => _deployment is null ? new() { ["SHOREGUARD_DATABASE_URL"] = Url } : [];

    /// <summary>How a command of another process is told, with those.</summary>
    public string OnElsewhere => _deployment is null ? "" : On;

    /// <summary>A real dump, by revision.</summary>
    public static string Real(string revision) => Path.Combine(AppContext.BaseDirectory, "Data", "backups", $"shoreguard-pg15-{revision}.pgdump");

    /// <summary>A name as SQL writes it.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Gives the role the right to create databases, or takes it away.</summary>
    public PostgresSandbox MayCreateDatabases(bool may)
    {
        Sql("postgres", $"ALTER ROLE {Quote(Role)} {(may ? "CREATEDB" : "NOCREATEDB")}");
        return this;
    }

    /// <summary>Every row of every table, as one text; and every object with its owner.</summary>
    public string Fingerprint(string? database = null)
    {
        var name = database ?? Database;
        var rows = Query(name,
            "SELECT format('SELECT %L || md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), %L)) FROM %I.%I t', relname || ' ', '', nspname, relname) "
            + "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname !~ '^pg_|^information_schema$' ORDER BY 1")
            .SelectMany(sql => Query(name, sql));
        var objects = Query(name,
            "SELECT concat_ws(' ', relkind, nspname, relname, pg_get_userbyid(relowner), relacl::text) FROM pg_class c JOIN pg_namespace n ON n.oid = "
            + "relnamespace WHERE nspname !~ '^pg_|^information_schema$' ORDER BY 1");
        return string.Join('\n', rows.Concat(objects));
    }

    /// <summary>Puts a real dump into the database, by PostgreSQL's own tool.</summary>
    public PostgresSandbox Fill(string revision)
    {
        // As a connection string, in which a name of any characters is a name.
        var name = Database.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        Tool(Real(revision), null, "pg_restore", "--no-owner", "--exit-on-error", "--dbname", $"dbname='{name}'");
        return this;
    }

    /// <summary>What pg_dump says of everything but the rows.</summary>
    public string Schema() =>
        string.Join('\n',
        Tool(null, null, "pg_dump", "--schema-only", Database)
        .Split('\n').Where(line => !line.StartsWith("\\restrict", StringComparison.Ordinal) && !line.StartsWith("\\unrestrict", StringComparison.Ordinal)));

    /// <summary>Runs a script with the URL before its arguments.</summary>
    public RunResult Run(string script, params object?[] arguments) => Module.Run(script, [Url, .. arguments]);

    public RunResult Restore(string path, string more = "") =>
        Run($"Restore-ShoreGuardDatabase -BackupPath $args[1] {On} -Confirm:$false -Verbose {more}", path);

    public RunResult BackUp(string? url = null) =>
        Module.Run($"Backup-ShoreGuardDatabase {(url is null ? On : "-DatabaseUrl $args[0]")} -Path $args[1] -Verbose", url ?? Url, Folder);

    /// <summary>The databases of this test whose names contain a text.</summary>
    public IReadOnlyList<string> Databases(string part) =>
        Query("postgres", $"SELECT datname FROM pg_database WHERE strpos(datname, '{_id}') > 0 AND strpos(datname, '{part}') > 0");

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
        Sql(connection, sql);
    }

    public static void Sql(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>A session of the superuser.</summary>
    public NpgsqlConnection Open(string database) => _host.Open(database);

    /// <summary>A session such as the application's.</summary>
    public NpgsqlConnection OpenAsRole() => _host.Open(Database, Role, _password, "the application");

    /// <summary>Runs one of PostgreSQL's own tools by the role, where those of the server's version are, and gives what it printed.</summary>
    /// <param name="input">A file that it reads.</param>
    /// <param name="output">A file that it writes; null when it prints text.</param>
    /// <param name="command">The tool and its arguments.</param>
    public string Tool(string? input, string? output, params string[] command)
    {
        var start = _host.Container is { } container
            ? new ProcessStartInfo(
                "docker", ["exec", "--interactive", "--env", "PGPASSWORD", "--env", "PGUSER", "--env", "PGHOST", .. command.Prepend(container)])
            : new ProcessStartInfo(Path.Combine(Stack.Require("SHOREGUARD_TEST_POSTGRES_BIN"), command[0]), command[1..]);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        (start.Environment["PGPASSWORD"], start.Environment["PGUSER"], start.Environment["PGHOST"]) = (_password, Role, "127.0.0.1");
        if (_host.Container is null)
            start.Environment["PGPORT"] = $"{_host.Superuser.Port}";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var fed = Task.Run(() =>
        {
            if (input is not null)
            {
                using var file = File.OpenRead(input);
                file.CopyTo(process.StandardInput.BaseStream);
            }
            process.StandardInput.Close();
        });
        using var target = output is null ? (Stream)new MemoryStream() : File.Create(output);
        process.StandardOutput.BaseStream.CopyTo(target);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)}: {errors.Result}");
        fed.Wait();
        return target is MemoryStream text ? Encoding.UTF8.GetString(text.ToArray()) : "";
    }

    /// <summary>Migrates the database forward by the real Alembic in an image of the stand-in.</summary>
    public void Upgrade(string release)
    {
        var variables = Path.Combine(Folder, ".env");
        File.WriteAllText(variables, $"SHOREGUARD_DATABASE_URL={(_host.Network is null ? Url : UrlAt("db:5432", _password))}\n");
        Docker.Run(
            "run", "--rm", "--network", _host.Network ?? "host", "--env-file", variables, "--entrypoint", "python3", $"{Stack.Repository}:{release}",
            "-c", "from shoreguard import migrations; migrations.run_alembic()");
        File.Delete(variables);
    }

    public void Dispose()
    {
        Module.Dispose();
        if (_deployment is not null)
            Docker.Remove(_deployment);
        foreach (var database in Databases(""))
            Sql("postgres", $"DROP DATABASE {Quote(database)} WITH (FORCE)");
        Sql("postgres", $"DROP ROLE {Quote(Role)}");
        Directory.Delete(Folder, recursive: true);
    }

    private string UrlAt(string server, string password) =>
        $"postgresql+psycopg://{Uri.EscapeDataString(Role)}:{Uri.EscapeDataString(password)}@{server}/{Database}";

    // Created and never started: where its database is, and by which role it gets in, is all that is asked of it.
    private string CreateDeployment(string network)
    {
        var name = $"sgtest-{_id}";
        var variables = Path.Combine(Folder, ".env");
        File.WriteAllText(variables, $"SHOREGUARD_DATABASE_URL={UrlAt("db:5432", _password)}\n");
        Docker.Run("create", "--name", name, "--network", network, "--env-file", variables, $"{Stack.Repository}:0.27.0");
        File.Delete(variables);
        return name;
    }
}
