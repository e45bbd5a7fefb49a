using System.Diagnostics;
using Npgsql;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Restores that take their time, the moments of one as the server sees them, and what happens then.</summary>
internal static class PostgresMoments
{
    /// <summary>The rows of the slow table are on their way.</summary>
    public const string Loading = "query LIKE 'COPY public.a_slow%FROM stdin%' AND state = 'active'";

    /// <summary>The index over the slow table is made.</summary>
    public const string Indexing = "query LIKE 'CREATE INDEX a_slow_key%' AND state = 'active'";

    /// <summary>Statistics are gathered.</summary>
    public const string Analyzing = "query LIKE 'ANALYZE%' AND state = 'active'";

    /// <summary>A rename waits for a lock.</summary>
    public const string Renaming = "query LIKE 'ALTER DATABASE%RENAME TO%' AND wait_event_type = 'Lock'";

    /// <summary>The present database is dumped.</summary>
    public const string Dumping = "query LIKE 'COPY public.%TO stdout%'";

    /// <summary>A database, and a backup that differs from it and takes seconds to load.</summary>
    public static PostgresSandbox Slow(
        bool inPlace, out string backup, out string before, PostgresHost? host = null, string password = PostgresSandbox.RolePassword)
    {
        var box = new PostgresSandbox(host: host, password: password).Fill("017");
        using (var role = box.OpenAsRole())
        {
            PostgresSandbox.Sql(role, """
                CREATE FUNCTION public.slow(int) RETURNS boolean LANGUAGE plpgsql AS $$
                    DECLARE until timestamptz := clock_timestamp() + make_interval(secs => coalesce(nullif(current_setting('test.slow', true), ''), '0')::float8);
                    BEGIN
                        WHILE clock_timestamp() < until AND NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname = current_user AND 'test.slow=0' = ANY (s.setconfig)) LOOP
                            PERFORM pg_sleep(0.02);
                        END LOOP;
                        RETURN true;
                    END $$;
                CREATE TABLE public.a_slow (x int CHECK (public.slow(x)));
                INSERT INTO public.a_slow SELECT generate_series(1, 8);
                CREATE FUNCTION public.slow_key(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(coalesce(nullif(current_setting('test.slow_index', true), ''), '0')::float8); RETURN x; END $$;
                CREATE INDEX a_slow_key ON public.a_slow (public.slow_key(x));
                CREATE TABLE public.b_big AS SELECT x, repeat(md5(x::text), 30) AS text FROM generate_series(1, 8000) x;
                """);
        }
        backup = box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;
        Change(box);
        Hurry(box, false);
        box.MayCreateDatabases(!inPlace);
        before = box.Fingerprint();
        return box;
    }

    /// <summary>Makes the database another than its backup.</summary>
    public static void Change(PostgresSandbox box) =>
        box.Sql(box.Database, "DELETE FROM gateways WHERE name = (SELECT max(name) FROM gateways); UPDATE b_big SET text = 'now' WHERE x < 100");

    /// <summary>Makes the present database one whose dump takes long enough to be met: a second and more, since nothing in it repeats that could be
    /// compressed.</summary>
    /// <returns>Its fingerprint.</returns>
    public static string Enlarge(PostgresSandbox box)
    {
        box.Sql(
            box.Database,
            "INSERT INTO b_big SELECT x, (SELECT string_agg(md5(x || '-' || y), '') FROM generate_series(1, 30) y) FROM generate_series(10001, 50000) x");
        return box.Fingerprint();
    }

    /// <summary>Whether the slow table is loaded fast; one that is being loaded slowly hurries too.</summary>
    /// <param name="box">The sandbox.</param>
    /// <param name="fast">Whether it is.</param>
    /// <param name="index">Whether its index, and the statistics of that, take their time too when it is not.</param>
    /// <param name="seconds">How long each of its eight rows takes when it is not.</param>
    public static void Hurry(PostgresSandbox box, bool fast, bool index = false, double seconds = 0.4) => box.Sql("postgres", $"""
        ALTER ROLE {PostgresSandbox.Quote(box.Role)} SET test.slow = '{(fast ? 0 : index ? 0.25 : seconds)}';
        ALTER ROLE {PostgresSandbox.Quote(box.Role)} SET test.slow_index = '{(index && !fast ? 0.1 : 0)}';
        """);

    /// <summary>Keeps a database from being renamed, until the session is closed.</summary>
    public static NpgsqlConnection Hold(PostgresSandbox box, string database)
    {
        var session = box.Open("postgres");
        PostgresSandbox.Sql(session, $"BEGIN; COMMENT ON DATABASE {PostgresSandbox.Quote(database)} IS 'held'");
        return session;
    }

    /// <summary>Restores, and does something at a moment of it.</summary>
    public static RunResult RestoreMeanwhile(PostgresSandbox box, string backup, string moment, Action fault, string more = "") =>
        Meanwhile(box, moment, fault, () => box.Restore(backup, more));

    /// <summary>Runs something, and does something else at a moment of it.</summary>
    public static RunResult Meanwhile(PostgresSandbox box, string moment, Action fault, Func<RunResult> restore)
    {
        // On a thread of its own: moments pass while a full pool makes up its mind.
        var meanwhile = Task.Factory.StartNew(() =>
        {
            WaitFor(box, moment);
            fault();
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var run = restore();
        var missed = Record.Exception(meanwhile.GetAwaiter().GetResult);
        Assert.True(missed is null, $"{missed?.Message}\n{string.Join('\n', run.Errors)}\n{string.Join('\n', run.Verbose)}");
        return run;
    }

    /// <summary>Waits until a session of the sandbox's role is at something.</summary>
    public static void WaitFor(PostgresSandbox box, string moment)
    {
        using var session = box.Open("postgres");
        using var command = new NpgsqlCommand($"SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND {moment}", session);
        command.Parameters.Add(new NpgsqlParameter { Value = box.Role });
        for (var until = DateTime.UtcNow.AddSeconds(60); (long)command.ExecuteScalar()! == 0; Thread.Sleep(5))
            Assert.True(DateTime.UtcNow < until, $"It never came to this: {moment}");
    }

    /// <summary>Kills a tool of this test; those inside containers are processes of this machine too.</summary>
    public static void Kill(string tool, PostgresSandbox box)
    {
        var killed = 0;
        foreach (var process in Process.GetProcessesByName(tool))
        {
            using (process)
            {
                // Its environment names this test's role.
                if (!Environment(process.Id).Contains($"PGUSER={box.Role}", StringComparison.Ordinal))
                    continue;
                process.Kill();
                killed++;
            }
        }
        Assert.NotEqual(0, killed);
    }

    private static string Environment(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/environ");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Waits until no session of the role is left; a server needs a moment to notice that a client has gone.</summary>
    public static void WaitUntilAlone(PostgresSandbox box)
    {
        for (var until = DateTime.UtcNow.AddSeconds(20); ; Thread.Sleep(50))
        {
            var sessions = box.Query("postgres",
                $"SELECT concat_ws(' ', pid, datname, state, wait_event, left(query, 60)) FROM pg_stat_activity WHERE usename = "
                + $"'{box.Role.Replace("'", "''", StringComparison.Ordinal)}'");
            if (sessions.Count == 0)
                return;
            Assert.True(DateTime.UtcNow < until, $"Sessions are left: {string.Join('\n', sessions)}");
        }
    }
}
