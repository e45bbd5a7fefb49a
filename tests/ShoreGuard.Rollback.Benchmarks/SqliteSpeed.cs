using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>
/// A SQLite database of one gibibyte, backed up and restored, proofs included, against what does it without proof. Everything is read from
/// the page cache, which nobody empties: the first round warms it and does not count. What was written is on the disk before the next run begins. All
/// files are in one temporary folder.
/// </summary>
internal static class SqliteSpeed
{
    private delegate Measurement Statistic(string name, IReadOnlyList<FreshProcess> ours, string peerName, IReadOnlyList<FreshProcess> peer);

    private const int Rounds = 8;
    private const double Bound = 200;

    // As scripts/restore.py does: the target is deleted, and Python's online backup writes it anew.
    private const string Script = "import os, sqlite3, sys\nif os.path.exists(sys.argv[2]): os.unlink(sys.argv[2])\na = sqlite3.connect(sys.argv[1]); b = "
        + "sqlite3.connect(sys.argv[2])\nwith b: a.backup(b)\nb.close(); a.close()";

    // Rows of the kinds that make a database of ShoreGuard's large, and one text of 50 MB.
    private const string Fill = """
        PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -100000; BEGIN;
        WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 851000)
        INSERT INTO audit_log SELECT i, datetime('2026-01-01', (i * 7) || ' seconds'), 'operator-' || (i * 7919 % 500) || '@example.org', 'operator', 'sandbox.' || (i % 60), 'sandbox',
          'sandbox-' || (i * 7919 % 100000), 'gateway-' || (1 + i % 40), 1 + i % 40, json_object('request_id', lower(hex(randomblob(16))), 'method', 'POST', 'path', '/api/gateways/gateway-' || (i % 40) || '/sandboxes/' || i,
          'status', 200 + i % 4, 'changes', json_array('egress', 'filesystem', 'process'), 'digest', lower(hex(randomblob(32))), 'note', 'Changed by the policy engine after the review of the proposal that the operator approved.'),
          '10.0.' || (i % 256) || '.' || (i * 31 % 256) FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 221000)
        INSERT INTO webhook_deliveries SELECT i, 1 + i % 40, 'sandbox.' || (i % 20), json_object('id', lower(hex(randomblob(16))), 'type', 'sandbox.updated', 'before', lower(hex(randomblob(250))), 'after', lower(hex(randomblob(250))),
          'text', printf('%.*c', 200, 'x')), 'delivered', 200, NULL, 1, datetime('2026-01-01', (i * 29) || ' seconds'), datetime('2026-01-01', (i * 29 + 1) || ' seconds') FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 141000)
        INSERT INTO operations (id, status, resource_type, resource_key, idempotency_key, progress_pct, progress_msg, result_json, actor, gateway_name, created_at, updated_at, completed_at)
          SELECT lower(hex(randomblob(4))) || '-' || i, 'succeeded', 'sandbox', 'gateway-' || (i % 40) || '/sandbox-' || i, 'key-' || i || '-' || lower(hex(randomblob(8))), 100, 'done',
          json_object('sandbox', 'sandbox-' || i, 'image', lower(hex(randomblob(32)))), 'operator-' || (i % 500), 'gateway-' || (i % 40), datetime('2026-01-01', (i * 31) || ' seconds'), datetime('2026-01-01', (i * 31 + 9) || ' seconds'), NULL FROM n;
        INSERT INTO operations (id, status, resource_type, resource_key, result_json, created_at, updated_at) VALUES ('large', 'succeeded', 'sandbox', 'large', lower(hex(randomblob(25000000))), '2026-01-01', '2026-01-01');
        COMMIT;
        """;

    public static IEnumerable<Measurement> Measure(Action<string> log)
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-bench-");
        try
        {
            log("Making a SQLite database of 1 GiB ...");
            var database = Path.Combine(folder.FullName, "shoreguard.db");
            File.Copy(Path.Combine(Repository.Root, "tests", "ShoreGuard.Rollback.Engine.Tests", "Data", "backups", "shoreguard-sqlite-017.sqlite"), database);
            FreshProcess.Program("", "sqlite3", database, Fill);
            if (new FileInfo(database).Length < 1L << 30)
                throw new InvalidOperationException($"It has {new FileInfo(database).Length} bytes only.");
            return [.. Measure(database, folder.FullName, log)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<Measurement> Measure(string database, string folder, Action<string> log)
    {
        var (backups, theirs, restored) = (Path.Combine(folder, "backups"), Path.Combine(folder, "theirs.db"), Path.Combine(folder, "restored.db"));
        var backup = FreshProcess.Cmdlet($"Backup-ShoreGuardDatabase '{backups}'", "$r.BackupPath", $"sqlite:///{database}").Answer;
        var another = Path.Combine(folder, "another");
        var runs = InTurn(log,
            () => Without(another, () => FreshProcess.Cmdlet($"Backup-ShoreGuardDatabase '{another}'", "$r.BackupPath", $"sqlite:///{database}")),
            () => Without(theirs, () => FreshProcess.Program("", "sqlite3", database, $".backup '{theirs}'")),
            () => Without(restored, () =>
            FreshProcess.Cmdlet($"Restore-ShoreGuardDatabase '{backup}' -Confirm:$false", "$r.Succeeded", $"sqlite:///{restored}").IfTrue()),
            () => Without(theirs, () => FreshProcess.Program("", "python3", "-c", Script, backup, theirs)),
            () => Without(theirs, () => FreshProcess.Program("", "sh", "-c", "cp \"$1\" \"$2\" && sync \"$2\"", "sh", backup, theirs)));
        var (backing, dotBackup, restoring, script, copying) = (runs[0], runs[1], runs[2], runs[3], runs[4]);
        var drill = FreshProcess.Cmdlet($"Test-ShoreGuardBackup '{backup}' -Drill", "$r.Usable", $"sqlite:///{database}").IfTrue();
        foreach (var statistic in (Statistic[])[Best, Time])
        {
            yield return statistic(
                "SQLite restore, 1 GiB, proofs included", restoring, "Python's Connection.backup, as scripts/restore.py, without proof", script);
            yield return statistic("SQLite restore, 1 GiB, proofs included", restoring, "cp and fsync", copying);
            yield return statistic("SQLite backup, 1 GiB, proofs included", backing, "sqlite3 .backup, without proof", dotBackup);
        }
        yield return Peak("SQLite restore, 1 GiB, peak memory", restoring);
        yield return Peak("SQLite backup, 1 GiB, peak memory", backing);
        yield return Peak("SQLite drill, 1 GiB, peak memory", [drill]);
    }

    // A disk that has just taken much takes the next the slower. The round is walked through in another order each time, so that each of
    // them comes after each of the others.
    private static List<FreshProcess>[] InTurn(Action<string> log, params Func<FreshProcess>[] all)
    {
        var runs = all.Select(_ => new List<FreshProcess>()).ToArray();
        for (var round = 0; round <= Rounds; round++)
        {
            log(round == 0 ? "Warming up ..." : $"Round {round} of {Rounds} ...");
            var step = 1 + round % (all.Length - 1);
            for (var turn = 0; turn < all.Length; turn++)
            {
                var which = (round + turn * step) % all.Length;
                runs[which].Add(all[which]());
            }
        }
        return runs;
    }

    // One and the same cp takes half a second or two of a shared disk, as it happens: the quickest of each is what the work itself takes,
    // and the median what the disk adds to it.
    private static Measurement Best(string name, IReadOnlyList<FreshProcess> ours, string peerName, IReadOnlyList<FreshProcess> peer) =>
        new($"{name}, the best of {Rounds}", peerName, "s", ours.Skip(1).Min(run => run.Seconds), peer.Skip(1).Min(run => run.Seconds), Rounds);

    /// <summary>The medians of both, without the first round.</summary>
    internal static Measurement Time(string name, IReadOnlyList<FreshProcess> ours, string peerName, IReadOnlyList<FreshProcess> peer) =>
        new(name, peerName, "s", Measurement.Median(ours.Skip(1).Select(run => run.Seconds)), Measurement.Median(peer.Skip(1).Select(run => run.Seconds)),
            ours.Count - 1);

    /// <summary>The highest of all rounds against the bound.</summary>
    internal static Measurement Peak(string name, IReadOnlyList<FreshProcess> ours) =>
        new(name, "the bound", "MiB", ours.Max(run => run.PeakMebibytes), Bound, ours.Count);

    private static FreshProcess Without(string path, Func<FreshProcess> run)
    {
        try
        {
            return run();
        }
        finally
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }
    }
}
