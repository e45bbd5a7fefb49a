using System.Globalization;
using ShoreGuard.Rollback.EndToEnd.Tests;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>
/// A PostgreSQL database of half a gigabyte, restored with every proof, against <c>pg_restore --clean --if-exists</c> of the same dump over the
/// same data, as scripts/restore.py does it. The memory is that of the operator's process: pg_dump and pg_restore are not in it.
/// </summary>
internal static class PostgresSpeed
{
    private const int Rounds = 3;

    private const string Fill = """
        INSERT INTO audit_log SELECT i, timestamp '2026-01-01' + i * interval '7 seconds', 'operator-' || (i::bigint * 7919 % 500) || '@example.org', 'operator', 'sandbox.' || (i % 60), 'sandbox',
          'sandbox-' || (i::bigint * 7919 % 100000), 'gateway-' || (1 + i % 40), 1 + i % 40, json_build_object('request_id', md5(i::text), 'method', 'POST', 'path', '/api/gateways/gateway-' || (i % 40) || '/sandboxes/' || i,
          'changes', 'egress, filesystem, process', 'digest', md5((i + 1)::text) || md5((i + 2)::text), 'note', 'Changed by the policy engine after the review of the proposal that the operator approved.')::text,
          '10.0.' || (i % 256) || '.' || (i % 251) FROM generate_series(1001, 501000) AS i;
        INSERT INTO webhook_deliveries SELECT i, 1 + i % 40, 'sandbox.' || (i % 20), json_build_object('id', md5(i::text), 'before', repeat(md5((i + 1)::text), 15), 'after', repeat(md5((i + 2)::text), 15), 'text', repeat('x', 200))::text,
          'delivered', 200, NULL, 1, timestamp '2026-01-01' + i * interval '29 seconds', NULL FROM generate_series(1001, 141000) AS i;
        INSERT INTO operations (id, status, resource_type, resource_key, result_json, created_at, updated_at)
          SELECT 'large', 'succeeded', 'sandbox', 'large', string_agg(md5(i::text), ''), now(), now() FROM generate_series(1, 1600000) AS i;
        """;

    private static readonly Uri Server = new(Stack.Postgres);
    private static readonly string Password = Uri.UnescapeDataString(Server.UserInfo.Split(':')[1]);

    public static IEnumerable<Measurement> Measure(Action<string> log)
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-bench-");
        var (ours, theirs) = ($"bench_{Guid.NewGuid().ToString("n")[..8]}", $"bench_{Guid.NewGuid().ToString("n")[..8]}");
        try
        {
            log("Making a PostgreSQL database of 500 MB ...");
            Make(ours);
            Sql("postgres", $"CREATE DATABASE {theirs} TEMPLATE {ours}");
            return [.. Measure(ours, theirs, folder.FullName, log)];
        }
        finally
        {
            foreach (var name in Sql("postgres", $"SELECT datname FROM pg_database WHERE datname LIKE '{ours}%' OR datname LIKE '{theirs}%'")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Sql("postgres", $"DROP DATABASE \"{name}\" WITH (FORCE)");
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<Measurement> Measure(string ours, string theirs, string folder, Action<string> log)
    {
        var backing = FreshProcess.Cmdlet($"Backup-ShoreGuardDatabase '{folder}'", "$r.BackupPath", Url(ours));
        var (restoring, outages, peers) = (new List<FreshProcess>(), new List<double>(), new List<FreshProcess>());
        for (var round = 0; round <= Rounds; round++)
        {
            log(round == 0 ? "Warming up ..." : $"Round {round} of {Rounds} ...");
            restoring.Add(
                FreshProcess.Cmdlet(
                $"Restore-ShoreGuardDatabase '{backing.Answer}' -Confirm:$false", "$r.Outage.TotalSeconds.ToString('r') + ' ' + $r.Kept", Url(ours)));
            var (outage, kept) = (restoring[^1].Answer.Split(' ')[0], restoring[^1].Answer.Split(' ')[1]);
            outages.Add(double.Parse(outage, CultureInfo.InvariantCulture));
            Sql("postgres", $"DROP DATABASE \"{kept}\"");
            peers.Add(FreshProcess.Program(
                Password, Path.Combine(Stack.PostgresTools, "pg_restore"), [.. Connection(theirs), "--clean", "--if-exists", backing.Answer]));
        }
        var drill = FreshProcess.Cmdlet($"Test-ShoreGuardBackup '{backing.Answer}' -Drill -DatabaseUrl $env:SHOREGUARD_DATABASE_URL", "$r.Usable", Url(ours))
            .IfTrue();
        const string Peer = "pg_restore --clean --if-exists, without proof";
        yield return SqliteSpeed.Time("PostgreSQL restore, 500 MB, proofs included", restoring, Peer, peers);
        yield return new("PostgreSQL restore, 500 MB, outage", $"{Peer}, wall time", "s", Measurement.Median(outages.Skip(1)),
            Measurement.Median(peers.Skip(1).Select(run => run.Seconds)), Rounds);
        yield return SqliteSpeed.Peak("PostgreSQL restore, 500 MB and a text of 51 MB, peak memory without pg_restore", restoring);
        yield return SqliteSpeed.Peak("PostgreSQL backup, 500 MB and a text of 51 MB, peak memory without pg_dump", [backing]);
        yield return SqliteSpeed.Peak("PostgreSQL drill, 500 MB and a text of 51 MB, peak memory without pg_restore", [drill]);
    }

    private static void Make(string database)
    {
        Sql("postgres", $"CREATE DATABASE {database}");
        var dump = Path.Combine(Repository.Root, "tests", "ShoreGuard.Rollback.Engine.Tests", "Data", "backups", "shoreguard-pg15-017.pgdump");
        FreshProcess.Program(Password, Path.Combine(Stack.PostgresTools, "pg_restore"), [.. Connection(database), "--no-owner", dump]);
        Sql(database, Fill);
        Sql(database, "VACUUM ANALYZE");
        if (long.Parse(Sql("postgres", $"SELECT pg_database_size('{database}')"), CultureInfo.InvariantCulture) is var size && size < 500_000_000)
            throw new InvalidOperationException($"It has {size} bytes only.");
    }

    private static string Url(string database) => new UriBuilder(Server) { Path = database }.Uri.ToString();

    private static string[] Connection(string database) =>
        ["--host", Server.Host, "--port", Server.Port.ToString(CultureInfo.InvariantCulture), "--username", Server.UserInfo.Split(':')[0], "--dbname",
            database];

    private static string Sql(string database, string sql) =>
        FreshProcess.Program(Password, Path.Combine(Stack.PostgresTools, "psql"),
            [.. Connection(database), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--command", sql]).Answer;
}
