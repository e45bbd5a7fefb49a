CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO public.alembic_version VALUES ('016');
CREATE TABLE kinds (k text);
INSERT INTO kinds VALUES ('x');
CREATE FUNCTION known(t text) RETURNS bool LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM kinds WHERE k = t)';
CREATE TABLE items (k text CONSTRAINT items_known CHECK (known(k)));
INSERT INTO items VALUES ('x');
