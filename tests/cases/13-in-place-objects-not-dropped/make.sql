CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('016');
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('good', 'bad');
CREATE OPERATOR public.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE OPERATOR app.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE OPERATOR app.!! (RIGHTARG = bigint, FUNCTION = int8um);
CREATE TABLE app.docs (a int, b int, m app.mood);
CREATE STATISTICS app.together ON a, b FROM app.docs;
