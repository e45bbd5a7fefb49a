import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1])
connection.create_collation("de", lambda a, b: (b > a) - (b < a))
connection.create_function("twice", 1, lambda x: x * 2, deterministic=True)
connection.executescript("""
    CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
    INSERT INTO alembic_version VALUES ('016');
    CREATE TABLE articles (slug text COLLATE de PRIMARY KEY, n int CHECK (twice(n) > 0));
    CREATE UNIQUE INDEX by_slug ON articles (slug);
    CREATE INDEX by_double ON articles (twice(n));
    CREATE TABLE links (slug text REFERENCES articles (slug));
    INSERT INTO articles VALUES ('abc', 1), ('b', 2), ('c', 3), ('A', 4);
    INSERT INTO links VALUES ('b'), ('A');
    CREATE TABLE plain (x int PRIMARY KEY);
    INSERT INTO plain VALUES (1), (2);
""")
connection.close()
