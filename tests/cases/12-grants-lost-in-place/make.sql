CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('016');
CREATE TABLE docs (id int PRIMARY KEY, body text);
CREATE FUNCTION secret() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION secret() FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO "{{name}}_reader";
GRANT SELECT ON docs TO "{{name}}_reader", "{{name}}_gone";
GRANT SELECT ON alembic_version TO PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "{{name}}_reader";
