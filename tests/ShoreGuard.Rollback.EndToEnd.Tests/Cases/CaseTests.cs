using ShoreGuard.Rollback.EndToEnd.Tests.Databases;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Cases;

/// <summary>The cases of tests/cases: each folder is one, as its README.md there says.</summary>
public sealed class CaseTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "cases");

    /// <summary>The names of the folders.</summary>
    public static TheoryData<string> All { get; } = [.. Directory.GetDirectories(Folder)
        .Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Is_right(string name)
    {
        _ = Stack.Repository;
        var own = $"sgcase{Guid.NewGuid().ToString("n")[..8]}";
        var copy = Directory.CreateTempSubdirectory($"{own}-");
        try
        {
            Copy(Path.Combine(Folder, name), copy.FullName, own);
            var (output, code) = await Pwsh.Run(Process(own, copy.FullName));
            Assert.True(code == 0, output);
        }
        finally
        {
            Docker.RemoveAll([$"name={own}"], $"name={own}");
            RemoveDatabases(own);
            copy.Delete(recursive: true);
        }
    }

    private static System.Diagnostics.ProcessStartInfo Process(string own, string folder)
    {
        var server = PostgresHost.Of(15).Superuser;
        var start = Pwsh.Start(
            "-NonInteractive", "-File", Path.Combine(Folder, "run.ps1"), "-Manifest", Repository.Manifest, "-Name", own, "-Server", server.OriginalString);
        start.WorkingDirectory = folder;
        // The stack's own variables would beat a project's .env.
        foreach (var variable in start.Environment.Keys.Where(key => key.StartsWith("SHOREGUARD_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(variable);
        start.Environment["PATH"] = $"{Stack.Require("SHOREGUARD_TEST_POSTGRES_BIN")}{Path.PathSeparator}{start.Environment["PATH"]}";
        start.Environment["XDG_STATE_HOME"] = Path.Combine(folder, ".state");
        start.Environment["NO_COLOR"] = "1";
        return start;
    }

    private static void Copy(string from, string to, string own)
    {
        var texts = new Dictionary<string, string>
        {
            ["{{name}}"] = own,
            ["{{port}}"] = $"{StandInProject.FreePort()}",
            ["{{repository}}"] = Stack.Repository,
            ["{{databaseImage}}"] = Stack.DatabaseImage,
        };
        foreach (var file in Directory.EnumerateFiles(from, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            var path = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, texts.Aggregate(File.ReadAllText(file), (text, each) => text.Replace(each.Key, each.Value, StringComparison.Ordinal)));
        }
    }

    private static void RemoveDatabases(string own)
    {
        using var connection = PostgresHost.Of(15).Open();
        foreach (var sql in (string[])[
            $"SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database WHERE datname LIKE '{own}%' AND datistemplate",
            $"SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname LIKE '{own}%'",
            $"SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname LIKE '{own}%'"])
        {
            foreach (var each in Read(connection, sql))
            {
                using var command = new Npgsql.NpgsqlCommand(each, connection);
                command.ExecuteNonQuery();
            }
        }
    }

    private static List<string> Read(Npgsql.NpgsqlConnection connection, string sql)
    {
        using var command = new Npgsql.NpgsqlCommand(sql, connection);
        using var reader = command.ExecuteReader();
        var found = new List<string>();
        while (reader.Read())
            found.Add(reader.GetString(0));
        return found;
    }
}
