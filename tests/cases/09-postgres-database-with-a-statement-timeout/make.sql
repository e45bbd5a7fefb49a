CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('016');
CREATE TABLE many (id int, body text);
INSERT INTO many SELECT i, repeat('x', 200) FROM generate_series(1, 300000) i;
