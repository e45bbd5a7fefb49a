using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Every kind of object that a role can make comes back as it was, and none that is newer stays.</summary>
public sealed class PostgresObjectTests
{
    [Theory]
    [InlineData(15, false)]
    [FullData(15, true)]
    [FullData(17, false)]
    [InlineData(17, true)]
    public void All_kinds_come_back_and_what_is_newer_is_gone(int major, bool inPlace)
    {
        using var box = new PostgresSandbox(host: PostgresHost.Of(major)).Fill("017");
        var reader = $"reader_{box.Role}";
        box.Sql("postgres", $"CREATE ROLE {reader}; GRANT {reader} TO {PostgresSandbox.Quote(box.Role)}");
        try
        {
            Make(box, "kind", reader);
            var (schema, rows, large) = (box.Schema(), box.Fingerprint(), Large(box));
            var backup = box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;

            Make(box, "newer", reader);
            using (var role = box.OpenAsRole())
            {
                PostgresSandbox.Sql(role, $"""
                    SELECT lo_put((SELECT min(oid) FROM pg_largeobject_metadata), 0, 'newer');
                    DELETE FROM kind.odd; DROP VIEW kind.totals CASCADE; DROP PUBLICATION kind_publication; COMMENT ON TABLE gateways IS 'newer';
                    ALTER DEFAULT PRIVILEGES GRANT DELETE ON TABLES TO {reader};
                    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
                    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO {reader};
                    """);
            }
            Assert.NotEqual(schema, box.Schema());
            box.MayCreateDatabases(!inPlace);

            var warning = Assert.Single(box.Restore(backup).ThrowIfFailed().Warnings);
            Assert.Contains("The backup lacks what the database has at the same revision: ", warning, StringComparison.Ordinal);

            Assert.Equal(schema, box.Schema());
            Assert.Equal(rows, box.Fingerprint());
            Assert.Equal(large, Large(box));
            Assert.Equal("0", box.Query(box.Database, "SELECT count(*) FROM pg_class WHERE relname LIKE '%newer%'")[0]);
        }
        finally
        {
            foreach (var database in box.Databases(""))
                box.Sql(database, $"DROP OWNED BY {reader}");
            foreach (var database in box.Databases("").Where(name => name != box.Database))
                box.Sql("postgres", $"DROP DATABASE {PostgresSandbox.Quote(database)}");
            box.Sql("postgres", $"DROP ROLE {reader}");
        }
    }

    private static string Large(PostgresSandbox box) =>
        string.Join(' ', box.Query(box.Database, "SELECT oid || '=' || md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY oid"));

    private static void Make(PostgresSandbox box, string name, string reader)
    {
        using var role = box.OpenAsRole();
        PostgresSandbox.Sql(role, $$"""
            CREATE SCHEMA {{name}};
            COMMENT ON SCHEMA {{name}} IS 'it''s \ a "comment"';
            CREATE EXTENSION {{(name == "kind" ? "pgcrypto" : "hstore")}} SCHEMA {{name}};
            CREATE TYPE {{name}}.mood AS ENUM ('good', 'it''s bad');
            CREATE TYPE {{name}}.pair AS (a int, b text);
            CREATE TYPE {{name}}.span AS RANGE (subtype = float8);
            CREATE DOMAIN {{name}}.positive AS int CHECK (VALUE > 0);
            CREATE SEQUENCE {{name}}.counter START 7 INCREMENT 3 CYCLE MAXVALUE 100;
            SELECT nextval('{{name}}.counter'), nextval('{{name}}.counter');
            CREATE TABLE {{name}}.odd (
                id bigint GENERATED ALWAYS AS IDENTITY (START 5) PRIMARY KEY, "Odd ""Näme;--|" text COLLATE "C", mood {{name}}.mood, pair {{name}}.pair, span {{name}}.span,
                positive {{name}}.positive DEFAULT nextval('{{name}}.counter'), doubled bigint GENERATED ALWAYS AS (id * 2) STORED, raw bytea, j jsonb, at timestamptz, tags text[]);
            INSERT INTO {{name}}.odd ("Odd ""Näme;--|", mood, pair, span, raw, j, at, tags) SELECT E'line\nbreak\ttab \\. \\N ' || x, 'it''s bad'::{{name}}.mood, ROW(x, NULL)::{{name}}.pair, '[1,2)'::{{name}}.span, '\x00ff5c2e'::bytea, '{"a": "\u00e4"}'::jsonb, '2026-11-24 12:00+01'::timestamptz, '{"a b",NULL}'::text[] FROM generate_series(1, 9) x;
            INSERT INTO {{name}}.odd ("Odd ""Näme;--|") VALUES ('\.'), (''), (NULL);
            CREATE UNIQUE INDEX ON {{name}}.odd (lower("Odd ""Näme;--|")) WHERE id > 100;
            CREATE STATISTICS {{name}}.together ON id, positive FROM {{name}}.odd;
            COMMENT ON COLUMN {{name}}.odd.raw IS 'bytes';
            CREATE TABLE {{name}}.empty ();
            INSERT INTO {{name}}.empty DEFAULT VALUES;
            INSERT INTO {{name}}.empty DEFAULT VALUES;
            CREATE UNLOGGED TABLE {{name}}.unlogged AS SELECT 1 AS x;
            CREATE TABLE {{name}}.parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
            CREATE TABLE {{name}}.parted_2025 PARTITION OF {{name}}.parted FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            CREATE TABLE {{name}}.parted_rest PARTITION OF {{name}}.parted DEFAULT;
            INSERT INTO {{name}}.parted VALUES (1, '2025-06-01'), (2, '2026-06-01'), (3, '1999-01-01');
            CREATE TABLE {{name}}.heir (more int) INHERITS ({{name}}.odd);
            CREATE VIEW {{name}}.totals AS SELECT count(*) AS odd FROM {{name}}.odd;
            CREATE MATERIALIZED VIEW {{name}}.seen AS SELECT * FROM {{name}}.totals;
            CREATE FUNCTION {{name}}.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
            CREATE FUNCTION {{name}}.touch() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN NEW.at := now(); RETURN NEW; END; $body$;
            CREATE PROCEDURE {{name}}.nothing() LANGUAGE sql AS 'SELECT 1';
            CREATE AGGREGATE {{name}}.total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
            CREATE OPERATOR {{name}}.@@@ (RIGHTARG = int, FUNCTION = {{name}}.twice);
            CREATE CONVERSION {{name}}.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
            CREATE COLLATION {{name}}.plain FROM "C";
            CREATE TEXT SEARCH DICTIONARY {{name}}.words (TEMPLATE = simple);
            CREATE TEXT SEARCH CONFIGURATION {{name}}.search (COPY = simple);
            CREATE TRIGGER touch BEFORE UPDATE ON {{name}}.odd FOR EACH ROW EXECUTE FUNCTION {{name}}.touch();
            CREATE RULE quiet AS ON DELETE TO {{name}}.parted DO INSTEAD NOTHING;
            ALTER TABLE {{name}}.odd ENABLE ROW LEVEL SECURITY;
            CREATE POLICY mine ON {{name}}.odd FOR SELECT TO {{reader}} USING (id > 3);
            CREATE PUBLICATION {{name}}_publication FOR TABLE {{name}}.parted, public.gateways;
            GRANT USAGE ON SCHEMA {{name}} TO {{reader}};
            GRANT SELECT (id, positive), UPDATE (raw) ON {{name}}.odd TO {{reader}} WITH GRANT OPTION;
            REVOKE EXECUTE ON FUNCTION {{name}}.twice FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES IN SCHEMA {{name}} GRANT SELECT ON TABLES TO {{reader}};
            ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO {{reader}};
            SELECT lo_from_bytea(0, 'large {{name}}'), lo_from_bytea(0, '');
            """);
    }
}
