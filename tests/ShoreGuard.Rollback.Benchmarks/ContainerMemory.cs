using ShoreGuard.Rollback.EndToEnd.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>
/// The memory of an operator's process through which gigabytes flow out of a container and into one. They are so many that .NET's youngest
/// generation would fill to its limit, which is 80 MiB where the processor's cache is large.
/// </summary>
internal static class ContainerMemory
{
    private const string FillSqlite = """
        import sqlite3
        with sqlite3.connect('/home/shoreguard/.config/shoreguard/shoreguard.db') as db:
            db.execute('CREATE TABLE filler (x TEXT)')
            db.executemany('INSERT INTO filler VALUES (?)', ((f'{i} ' + 'policy ' * 570,) for i in range(500000)))
        """;

    // Text of 2 GB that takes the server little room.
    private const string FillPostgres = """
        INSERT INTO operations (id, status, resource_type, resource_key, result_json, created_at, updated_at)
          SELECT 'bench-' || i, 'succeeded', 'sandbox', 'bench-' || i, repeat(md5(i::text), 100), now(), now() FROM generate_series(1, 650000) AS i;
        """;

    public static IEnumerable<Measurement> Measure(Action<string> log)
    {
        log("Memory with 2 GB of SQLite in a container ...");
        foreach (var row in Measure("sqlite", "SQLite", project => ["exec", project.Container, "python3", "-c", FillSqlite]))
            yield return row;
        log("Memory with 2 GB of PostgreSQL in a container ...");
        foreach (var row in Measure("postgres", "PostgreSQL", project =>
            ["exec", $"{project.Name}-db-1", "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--username", "shoreguard", "--command", FillPostgres]))
            yield return row;
    }

    private static IEnumerable<Measurement> Measure(string topology, string kind, Func<StandInProject, string[]> fill)
    {
        using var project = StandInProject.Start("0.27.0", topology);
        Docker.Run(fill(project));
        var backups = Path.Combine(project.Folder, "backups");
        var find = $"Get-ShoreGuardDeployment -Project {project.Name}";
        var backup = FreshProcess.Cmdlet($"{find} | Backup-ShoreGuardDatabase -Path '{backups}' -Transport Container", "$r.BackupPath", "");
        yield return SqliteSpeed.Peak($"{kind} backup through a container, 2 GB, peak memory", [backup]);
        var drill = FreshProcess.Cmdlet($"Test-ShoreGuardBackup '{backup.Answer}' -Drill -ScratchPath '{backups}' -Deployment ({find})", "$r.Usable", "")
            .IfTrue();
        yield return SqliteSpeed.Peak($"{kind} drill{(topology == "sqlite" ? "" : " through a container")}, 2 GB, peak memory", [drill]);
        var restore = FreshProcess.Cmdlet(
            $"{find} | Restore-ShoreGuardDatabase -BackupPath '{backup.Answer}' -Transport Container -Confirm:$false", "$r.Succeeded", "").IfTrue();
        yield return SqliteSpeed.Peak($"{kind} restore through a container, 2 GB, peak memory", [restore]);
    }
}
