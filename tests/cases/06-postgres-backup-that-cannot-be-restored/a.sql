CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('016');
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE docs (id int PRIMARY KEY, body text);
INSERT INTO docs VALUES (1, 'alpha beta'), (2, 'beta');
CREATE MATERIALIZED VIEW words AS SELECT word, ndoc FROM ts_stat('SELECT to_tsvector(''simple'', body) FROM docs');
SELECT lo_from_bytea(0, 'large');
