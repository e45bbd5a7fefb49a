using System.Text;
using ShoreGuard.Rollback.Engine.Databases.Postgres;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public sealed class PostgresDumpTests
{
    [Theory]
    [InlineData("012")]
    [InlineData("017")]
    public void The_head_of_a_real_dump_is_read_without_any_tool(string revision)
    {
        var header = PostgresDumpHeader.TryRead(Path.Combine(AppContext.BaseDirectory, "Data", "backups", $"shoreguard-pg15-{revision}.pgdump"));
        Assert.Equal((new Version(1, 14), $"g{revision}", 15), (header?.ArchiveVersion, header?.Database, header?.ToolMajor));
    }

    [Fact]
    public void A_head_that_is_cut_off_anywhere_is_none()
    {
        var whole = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "backups", "shoreguard-pg15-017.pgdump"));
        using var box = new Sandbox();
        for (var length = 0; length < 90; length++)
        {
            File.WriteAllBytes(box.Path("cut"), whole[..length]);
            Assert.Null(PostgresDumpHeader.TryRead(box.Path("cut")));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100000)]
    public void Rows_revision_and_roles_are_read_as_they_flow_by(int block)
    {
        const string Sql = """
            ALTER TABLE public.users OWNER TO shoreguard;
            ALTER TABLE "Odd Schema"."t""x" OWNER TO "Odd Role";
            COPY public.alembic_version (version_num) FROM stdin;
            017
            \.

            COPY "Odd Schema"."t""x" (a) FROM stdin;
            1
            COPY public.fake (a) FROM stdin;
            \\.
            \.

            COPY public.users (id, name) FROM stdin;
            \.

            GRANT SELECT ON TABLE public.users TO reader WITH GRANT OPTION;
            REVOKE USAGE ON SCHEMA public FROM PUBLIC;
            SET SESSION AUTHORIZATION reader;
            GRANT SELECT ON TABLE public.users TO "Odd Guest";
            RESET SESSION AUTHORIZATION;
            ALTER DEFAULT PRIVILEGES FOR ROLE maker IN SCHEMA public GRANT SELECT ON TABLES TO reader;

            """;
        using var scanner = new DumpScanner();
        foreach (var part in Encoding.UTF8.GetBytes(Sql).Chunk(block))
            scanner.Write(part);
        Assert.Equal(["017"], scanner.Revisions);
        Assert.Equal(["Odd Schema.t\"x 3", "alembic_version 1", "users 0"], scanner.Rows.Select(table => table.ToString()));
        Assert.Equal(["Odd Role", "shoreguard"], scanner.Owners);
        Assert.Equal(
            [("reader", "", false), ("", "", false), ("", "reader", true), ("Odd Guest", "reader", true), ("", "reader", true), ("reader", "maker", false)],
            scanner.Rights.Select(right => (right.Grantee ?? "", right.ActsFor ?? "", right.Impersonates)));
        Assert.False(scanner.IsInsideTable);
    }

    [Theory]
    [InlineData("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15)]
    [InlineData("pg_dump (PostgreSQL) 18beta1", 18)]
    [InlineData("something else", null)]
    public void The_version_of_a_tool_is_read(string text, int? major) => Assert.Equal(major, PostgresTools.ParseMajor(text));

    [Fact]
    public void A_long_name_is_cut_where_a_letter_ends() => Assert.Equal("aä", PostgresCatalog.Cut("aäö", 4));
}
