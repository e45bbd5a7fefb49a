CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('016');
CREATE SCHEMA another;
CREATE TABLE another.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO another.alembic_version VALUES ('a1b2c3');
CREATE TABLE docs (a int);
