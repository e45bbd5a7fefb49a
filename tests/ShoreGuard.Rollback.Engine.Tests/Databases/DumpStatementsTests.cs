using System.Text;
using CsCheck;
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

    private static readonly Gen<string> Fragment = Gen.OneOf(
        Gen.OneOf("'", "''", "E'", "\\", "\"", "$$", "$a$", "$1", "/*", "*/", "--", "\n", ";", "(", ")", "COMMIT", "end", "BEGIN ATOMIC", "CASE", "END",
        "\\restrict x", "\\! id", "COPY public.docs (a) FROM stdin;",
            "SELECT 1", "SET standard_conforming_strings = off;", "COMMENT ON TABLE t IS ", "CREATE FUNCTION f() RETURNS int LANGUAGE sql ", " "),
        Gen.String[Gen.Char, 0, 6].Select(text => text.Replace("\r", "", StringComparison.Ordinal)));

    // The dump comes in blocks of any size, cut anywhere.
    [Fact]
    public void Whatever_a_dump_says_is_judged_the_same_in_blocks_of_any_size() => Fragment.Array[0, 30].Sample(fragments =>
    {
        var script = string.Concat(fragments);
        var whole = Read(script, 100_000).Foreign;
        foreach (var block in (int[])[1, 2, 5])
            Assert.Equal(whole, Read(script, block).Foreign);
    });

    // Inside of nothing that is open, a COMMIT is one, whatever has been said before.
    [Fact]
    public void After_whatever_is_harmless_a_commit_is_found() =>
        Gen.OneOf([.. Harmless.Select(row => row.Data)
        .Where(script => !script.StartsWith("\\restrict", StringComparison.Ordinal) && !script.StartsWith("COPY", StringComparison.Ordinal))
        .Select(script => Gen.Const(script))])
        .Array[1, 4].Sample(scripts => Assert.Equal("COMMIT", Read($"{string.Join('\n', scripts)}\nCOMMIT AND CHAIN;", 1000).Foreign));

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
