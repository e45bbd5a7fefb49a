using System.Text;
using ShoreGuard.Rollback.Engine.Databases.Postgres;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public sealed class DumpStatementsTests
{
    /// <summary>As pg_dump writes them, with words of transactions wherever they mean nothing.</summary>
    public static TheoryData<string> Harmless { get; } =
    [
        "BEGIN;\nSELECT pg_catalog.lowrite(0, '\\x78');\nCOMMIT;",
        "\\restrict abcXYZ123\nSET x = 1;\n\\unrestrict abcXYZ123",
        "COMMENT ON TABLE public.docs IS '''; COMMIT; --';",
        "COMMENT ON TABLE public.docs IS 'it''s\n; COMMIT; \\! ls\n';",
        "COMMENT ON TABLE public.docs IS E'a\\'; COMMIT; \\\\';",
        "CREATE TABLE public.\"x\"\"; COMMIT; \" (\n    a integer\n);",
        "-- Name: x; Type: '\nSELECT 1;",
        "/* a ' /* nested */ ; COMMIT; */ SELECT 1;",
        "CREATE PROCEDURE public.p() LANGUAGE plpgsql AS $$\nBEGIN\nCOMMIT;\nROLLBACK;\nEND $$;",
        "CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $a$ SELECT '$$; $b$ ; COMMIT; $a'; $a$;",
        "CREATE OR REPLACE FUNCTION public.f(a int) RETURNS int LANGUAGE sql\n    BEGIN ATOMIC\n SELECT CASE WHEN (a > 1) THEN 1 ELSE 2 END;\n SELECT 2;\nEND;",
        "CREATE RULE quiet AS ON DELETE TO public.a DO INSTEAD ( INSERT INTO public.b VALUES (1);\n DELETE FROM public.b; );",
        "CREATE OPERATOR public.=== (FUNCTION = int4eq, LEFTARG = integer);\nSELECT 1 - 2 / 3 * 4;",
        "SET standard_conforming_strings = off;\nCOMMENT ON TABLE public.a IS 'x\\'; COMMIT; --';",
        "COPY public.docs (id, \"b c\") FROM stdin;",
        "COPY public.docs  FROM stdin;",
        "SELECT pg_catalog.setval('public.\"commit\"', 1, false);\nINSERT INTO public.a VALUES ('x', $1$, 2);",
    ];

    public static TheoryData<string, string> Harmful { get; } = new()
    {
        { "COMMENT ON TABLE public.docs IS ''; COMMIT; SELECT 1/0; --';", "COMMIT" },
        { "COMMENT ON TABLE public.docs IS ''; rollback AND CHAIN; --';", "ROLLBACK" },
        { "COMMENT ON TABLE public.docs IS '' /* x */; end; --';", "END" },
        { "SELECT 1;\n  ABORT\n;", "ABORT" },
        { "COMMIT ;", "COMMIT" },
        { "PREPARE TRANSACTION 'x';", "PREPARE" },
        { "COMMENT ON TABLE public.docs IS E'\\\\'; COMMIT; --';", "COMMIT" },
        { "COMMENT ON TABLE public.docs IS 'x\\'; COMMIT; --';", "COMMIT" },
        { "SELECT E'a'\n'\\''; COMMIT; --';", "COMMIT" },
        { "SELECT E'a' - \n'\\'; COMMIT; --';", "COMMIT" },
        { "SELECT 'a''b\\'; COMMIT; --';", "COMMIT" },
        { "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; COMMIT;", "COMMIT" },
        { "SELECT $a$ $b$ $a$; COMMIT; $b$;", "COMMIT" },
        { "SELECT 1 \\gexec", "a command of psql" },
        { "\\! id", "a command of psql" },
        { "\\restrict a; \\! id", "a command of psql" },
        { "COPY public.docs (a) FROM STDIN;", "a COPY of another form than pg_dump's" },
        { "COPY (SELECT 1) TO PROGRAM 'id'; COPY public.docs (a) FROM stdin;", "a COPY of another form than pg_dump's" },
        { "-- Name: x\nCOPY public.docs\n(a) FROM stdin;", "a COPY of another form than pg_dump's" },
    };

    [Theory]
    [MemberData(nameof(Harmless))]
    public void What_a_dump_holds_passes(string script)
    {
        foreach (var block in (int[])[1, 3, 1000])
            Assert.Null(Read(script, block).Foreign);
    }

    [Theory]
    [MemberData(nameof(Harmful))]
    public void What_no_dump_holds_is_found(string script, string what)
    {
        foreach (var block in (int[])[1, 3, 1000])
            Assert.Equal(what, Read(script, block).Foreign);
    }

    private static DumpStatements Read(string script, int block)
    {
        var statements = new DumpStatements();
        foreach (var line in script.Split('\n'))
        {
            foreach (var part in Encoding.UTF8.GetBytes(line).Chunk(block))
                statements.Read(part);
            statements.EndLine(line);
        }
        return statements;
    }
}
