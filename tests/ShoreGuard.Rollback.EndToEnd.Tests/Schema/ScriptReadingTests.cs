using System.Collections;
using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Schema;

/// <summary>What is read from the text of migration scripts: all samples in one image.</summary>
public sealed class ScriptReadingTests(ScriptReadingTests.Read read) : IClassFixture<ScriptReadingTests.Read>
{
    /// <summary>The body of a downgrade(), and what it is read as: the kind, then the operations.</summary>
    private static readonly (string Body, string Expected)[] Samples =
    [
        ("pass", "Empty"),
        ("'''Nothing to do.'''", "Empty"),
        ("print('nothing')\nreturn None", "Empty"),
        ("raise NotImplementedError('the names are gone')", "Refuses the names are gone"),
        ("op.drop_table('a')\nraise RuntimeError(f'no way back from {revision}')", "Refuses no way back from REVISION | drop table a"),
        ("refuse()", "Refuses for a reason"),
        ("assert False, 'never'", "Refuses never"),
        ("if op.get_bind().dialect.name == 'sqlite':\n    raise NotImplementedError('not on SQLite')\nop.drop_table('a')",
        "MayRefuse not on SQLite | drop table a"),
        ("if True:\n    return\nraise NotImplementedError('late')", "MayRefuse late"),
        ("try:\n    op.drop_table('a')\nexcept Exception:\n    raise", "Implemented | drop table a (under a condition)"),
        ("op.drop_table('a', schema='s')", "Implemented | drop table s.a"),
        ("op.drop_column('a', 'b')\nop.drop_column(table_name='a', column_name='c')", "Implemented | drop column a.b | drop column a.c"),
        ("op.add_column('a', sa.Column('b', sa.Integer))", "Implemented | add column a.b"),
        ("operations.alter_column('a', 'b', new_column_name='c')", "Implemented | alter column a.b"),
        ("op.rename_table('a', 'b')", "Implemented | rename table a to b"),
        ("op.drop_index(op.f('i'), table_name='a')\nop.create_index('j', 'a', ['b'])", "Implemented | drop index i of a | create index j of a"),
        ("op.drop_constraint('k', 'a', type_='unique')\nop.create_foreign_key('f', 'a', 'b', ['x'], ['y'])",
        "Implemented | drop constraint k of a | create constraint f of a"),
        ("with op.batch_alter_table('a') as batch:\n    batch.drop_column('b')\n    batch.drop_index('i')\n    batch.alter_column('c', nullable=True)",
        "Implemented | drop column a.b | drop index i of a | alter column a.c"),
        ("with op.batch_alter_table('a', schema=None) as b1, op.batch_alter_table('b') as b2:\n    b1.drop_column('x')\n    b2.drop_column('y')",
        "Implemented | drop column a.x | drop column b.y"),
        ("for table in ('a', 'b'):\n    op.drop_table(table)", "Implemented | drop table a | drop table b"),
        ("for table, column in COLUMNS:\n    op.drop_column(table, column)", "Implemented | drop column one.x | drop column two.y"),
        ("for table in reversed(TABLES):\n    op.drop_table(table)", "Implemented | drop table two | drop table one"),
        ("drop('a')\ndrop(name='b')", "Implemented | drop table a | drop table b"),
        ("if sa.inspect(op.get_bind()).has_table('a'):\n    op.drop_table('a')", "Implemented | drop table a (under a condition)"),
        ("name = 'a'\nop.drop_table(name)\nop.drop_table(PREFIX + name)\nop.drop_table(f'{PREFIX}b')",
        "Implemented | drop table a | drop table p_a | drop table p_b"),
        ("name = 'a'\nif sa.true():\n    name = 'b'\nop.drop_table(name)", "Implemented | drop table ?"),
        ("for name in sa.inspect(op.get_bind()).get_table_names():\n    op.drop_table(name)", "Implemented | drop table ? (under a condition)"),
        ("op.drop_table(computed())", "Implemented | drop table ?"),
        ("op.execute('DROP TABLE IF EXISTS a, \"B c\" CASCADE')", "Implemented | drop table a | drop table B c"),
        ("op.execute(sa.text('ALTER TABLE a DROP COLUMN IF EXISTS b, DROP CONSTRAINT k, ADD COLUMN c numeric(1, 2), ALTER COLUMN d DROP NOT NULL'))",
        "Implemented | drop column a.b | drop constraint k of a | add column a.c | alter column a.d"),
        ("op.execute('''\n    -- a comment; with a semicolon\n    DELETE FROM a WHERE b = 'x;y';\n    TRUNCATE TABLE c RESTART IDENTITY;\n    UPDATE public.d "
        + "SET e = 1;\n    INSERT INTO f VALUES (1);\n    CREATE TABLE g (h int)\n''')",
        "Implemented | delete rows of a | delete rows of c | update rows of public.d | insert rows of f | create table g"),
        ("op.execute('DROP TYPE mood')\nop.execute('SELECT 1')", "Implemented | DROP | SELECT"),
        ("op.execute('DROP SCHEMA public CASCADE')", "Implemented | not understood"),
        ("op.execute('DROP TYPE mood CASCADE')", "Implemented | not understood"),
        ("op.execute('DROP TABLE ' + computed())", "Implemented | not understood"),
        ("op.execute('DROP TABLE %s' % computed())", "Implemented | not understood"),
        ("connection = op.get_bind()\nconnection.execute(sa.text('DELETE FROM a WHERE b = :b').bindparams(b=1))\nconnection.execute(sa.select(sa.column('x')))",
        "Implemented | delete rows of a"),
        ("t = sa.table('a', sa.column('b'))\nop.execute(t.delete().where(t.c.b == 1))\nop.get_bind().execute(sa.update(t).values(b=2))",
        "Implemented | delete rows of a | update rows of a"),
        ("op.bulk_insert(THE_TABLE, [{'x': 1}])", "Implemented | insert rows of the_table"),
        ("other = computed()\nop.execute(other.delete().where(sa.select(sa.column('x')).exists()))", "Implemented | not understood"),
        ("connection = op.get_bind()\nsa.MetaData().drop_all(connection)", "Implemented | not understood | not understood"),
        ("op.run_my_own('a')", "Implemented | not understood"),
        ("from shoreguard import release\nrelease.undo_everything()", "Implemented | not understood"),
        ("recurse()", "Implemented | drop table r | not understood"),
        ("[op.drop_table(name) for name in TABLES]", "Implemented | drop table ? (under a condition)"),
    ];

    public static TheoryData<int> All => [.. Enumerable.Range(0, Samples.Length)];

    [Theory]
    [MemberData(nameof(All))]
    public void A_downgrade_is_read_as_what_it_does(int sample)
    {
        var (body, expected) = Samples[sample];
        var migration = read.Migrations[$"s{sample:00}"];
        var reason = migration.Text("DowngradeReason") is { } text ? $" {text}" : "";
        var operations = migration.Texts("DowngradeOperations").Select(operation => " | " + Shortened(operation));
        Assert.True(expected.Replace("REVISION", $"s{sample:00}", StringComparison.Ordinal) == migration.Text("Downgrade")
            + reason + string.Concat(operations), $"{body}\nexpected {expected}\nread     {migration.Text("Downgrade")}{reason}{string.Concat(operations)}");
    }

    [Fact]
    public void A_script_that_cannot_be_read_is_said_to_be_so_and_nothing_was_run()
    {
        // Each sample's upgrade() would leave a file, and so would its downgrade().
        Assert.Equal(Samples.Length, read.Migrations.Keys.Count(name => name.StartsWith('s')));
        Assert.All(read.Migrations.Values, migration => Assert.Equal("create table t", migration.Texts("UpgradeOperations")[0]));
    }

    // What is not understood and other SQL end with the script's own words.
    private static string Shortened(string operation) =>
        operation.StartsWith("not understood", StringComparison.Ordinal)
            ? "not understood" : operation.StartsWith("op.execute('", StringComparison.Ordinal) ? operation["op.execute('".Length..].Split(' ')[0] : operation;

    public sealed class Read : IDisposable
    {
        private readonly ModuleHost _module = new();
        private readonly DerivedImage _image;

        public Read()
        {
            _image = DerivedImage.WithScripts("0.27.0",
                Samples.Select((sample, at) => (at, sample.Body)).ToDictionary(sample => $"s{sample.at:00}.py", sample => Script(sample.at, sample.Body)),
                instead: true);
            Migrations = SchemaTests.Migrations(_module.Run("Get-ShoreGuardSchema -Image $args[0]", _image.Name).ThrowIfFailed().Single())
                .ToDictionary(migration => migration.Text("Revision")!);
        }

        public IReadOnlyDictionary<string, PSObject> Migrations { get; }

        private static string Script(int at, string body) => $$"""
            import sqlalchemy as sa
            from alembic import op
            from alembic import op as operations

            revision = 's{{at:00}}'
            down_revision = {{(at == 0 ? "None" : $"'s{at - 1:00}'")}}
            TABLES = ['one', 'two']
            COLUMNS = [('one', 'x'), ('two', 'y')]
            PREFIX = 'p_'
            THE_TABLE = sa.table('the_table')


            def drop(name):
                op.drop_table(name)


            def refuse():
                raise RuntimeError('for a reason')


            def recurse():
                op.drop_table('r')
                recurse()


            def upgrade():
                op.create_table('t')


            def downgrade():
                {{body.Replace("\n", "\n    ", StringComparison.Ordinal)}}
            """;

        public void Dispose()
        {
            _module.Dispose();
            _image.Dispose();
        }
    }
}
