using System.Text;
using ShoreGuard.Rollback.Engine.Databases.Postgres;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public sealed class DumpFilterTests
{
    private const string Script = """
        SET statement_timeout = 0;
        SET lock_timeout = 0;
        CREATE SCHEMA extensions;
        ALTER SCHEMA extensions OWNER TO postgres;
        CREATE SCHEMA mine;
        ALTER SCHEMA public OWNER TO app;
        COMMENT ON SCHEMA extensions IS 'not yours';
        GRANT USAGE ON SCHEMA extensions TO app;
        CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;
        COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';
        COMMENT ON EXTENSION ours IS 'kept';
        GRANT ALL ON FUNCTION public.theirs(a integer) TO reader;
        GRANT ALL ON FUNCTION public.mine(a integer) TO reader;
        GRANT SELECT ON TABLE public.mine TO nobody;
        CREATE PUBLICATION theirs FOR ALL TABLES;
        ALTER PUBLICATION mine OWNER TO app;
        COPY public.notes (text) FROM stdin;
        SET lock_timeout = 0;
        COMMENT ON EXTENSION pgcrypto IS 'a row';
        \\.
        \.
        BEGIN;
        SELECT pg_catalog.lowrite(0, '\x78');
        COMMIT;
        CREATE PROCEDURE public.save() LANGUAGE plpgsql AS $$
        BEGIN
        COMMIT;
        CREATE SCHEMA extensions;
        END $$;
        CREATE TABLE public.last (x int);

        """;

    private static readonly string[] LeftOut =
    [
        "SET lock_timeout = 0;", "CREATE SCHEMA extensions;", "ALTER SCHEMA extensions OWNER TO postgres;", "COMMENT ON SCHEMA extensions IS 'not yours';",
        "GRANT USAGE ON SCHEMA extensions TO app;", "COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';",
        "GRANT ALL ON FUNCTION public.theirs(a integer) TO reader;", "GRANT SELECT ON TABLE public.mine TO nobody;",
        "CREATE PUBLICATION theirs FOR ALL TABLES;",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100000)]
    public void What_stays_is_not_made_once_more_and_rows_pass_as_they_are(int atOnce)
    {
        using var passed = new MemoryStream();
        using var filter = new DumpFilter(passed,
            new(["public", "extensions"], ["extensions"], ["pgcrypto"], ["FUNCTION public.theirs(a integer)"], ["theirs"],
            new HashSet<string> { "GRANT SELECT ON TABLE public.mine TO nobody;" }), "a dump");
        foreach (var part in Encoding.UTF8.GetBytes(Script).Chunk(atOnce))
            filter.Write(part);
        var lines = Script.Split('\n');
        var rows = Array.IndexOf(lines, "COPY public.notes (text) FROM stdin;");
        var large = Array.FindIndex(lines, line => line.StartsWith("SELECT pg_catalog.lowrite", StringComparison.Ordinal));
        var wanted = lines.Where((line, at) => at != large - 1 && at != large + 1 && (at > rows || !LeftOut.Contains(line)));
        Assert.Equal(string.Join('\n', wanted), Encoding.UTF8.GetString(passed.ToArray()));
    }

    [Theory]
    [InlineData("psql:<stdin>:17: ERROR:  55P03: canceling statement due to lock timeout", "canceling statement due to lock timeout")]
    [InlineData("psql:<stdin>:3: FATAL:  57P01: terminating connection due to administrator command", "terminating connection due to administrator command")]
    [InlineData("psql: error: connection to server at \"127.0.0.1\" failed", "connection to server at \"127.0.0.1\" failed")]
    [InlineData("pg_restore: error: unexpected end of file", "pg_restore: error: unexpected end of file")]
    public void The_servers_sentence_is_told_without_where_psql_was(string message, string sentence) =>
        Assert.Equal(sentence, PostgresInPlaceRestore.Sentence(message));
}
