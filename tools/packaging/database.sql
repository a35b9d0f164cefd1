-- The database candled and its four roles; once, by a superuser:
--
--   sudo -u postgres psql --no-psqlrc -f /usr/share/candled/database.sql
--
-- What is there already stays. The tables are made by `candled migrate`, which needs no superuser then.
\set ON_ERROR_STOP on
SELECT format('CREATE ROLE %I %s', name, login)
FROM (VALUES ('candled_owner', 'NOLOGIN'), ('candled_migrate', 'LOGIN'), ('candled_ingest', 'LOGIN'),
             ('candled_read', 'LOGIN')) AS role(name, login)
WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
GRANT candled_owner TO candled_migrate;
ALTER ROLE candled_migrate SET role = 'candled_owner';
SELECT 'CREATE DATABASE candled' WHERE 'candled' NOT IN (SELECT datname FROM pg_database) \gexec
GRANT CREATE ON DATABASE candled TO candled_owner;
