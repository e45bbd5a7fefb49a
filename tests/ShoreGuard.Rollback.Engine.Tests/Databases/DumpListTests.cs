using ShoreGuard.Rollback.Engine.Databases.Postgres;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public sealed class DumpListTests
{
    private const string Head = "; Archive created at 2026-11-01 00:00:00 UTC\n;     Format: CUSTOM\n;\n";

    [Fact]
    public void A_whole_one_has_its_tables_and_their_rows()
    {
        var list = DumpList.Parse(Head + """
            214; 1259 16385 TABLE public alembic_version app
            215; 1259 16390 TABLE odd schema odd name the owner
            3351; 0 16385 TABLE DATA public alembic_version app
            3352; 0 16390 TABLE DATA odd schema odd name the owner
            3201; 2606 16389 CONSTRAINT public alembic_version alembic_version_pkc app
            """);
        Assert.Equal(5, list.Count);
        Assert.Null(list.Fault);
        Assert.True(list.Has("TABLE odd schema odd name"));
        Assert.True(list.Has("CONSTRAINT public alembic_version alembic_version_pkc"));
        Assert.False(list.Has("TABLE odd schema od"));
        Assert.False(list.Has("INDEX public alembic_version"));
    }

    [Theory]
    [InlineData("3351; 0 16385 TABLE DATA public alembic_version app", "rows without the table")]
    [InlineData("214; 1259 16385 TABLE public a app\n3351; 0 16386 TABLE DATA public b app", "rows without the table")]
    [InlineData("214; 1259 16385 TABLE public alembic_version app", "tables and no rows")]
    public void A_part_is_known_for_one(string entries, string why) => Assert.Contains(why, DumpList.Parse(Head + entries).Fault, StringComparison.Ordinal);

    [Fact]
    public void An_empty_database_s_is_whole() => Assert.Null(DumpList.Parse(Head).Fault);
}
