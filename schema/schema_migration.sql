-- Which migrations this database has had.
CREATE SCHEMA candled;
COMMENT ON SCHEMA candled IS
  'OHLCV bars kept complete by candled. Read the views bars, latest_bars, coverage_report, gaps and ingest_phases; tables may change from version to version.';

CREATE TABLE candled.schema_migration (
  version    int4        PRIMARY KEY CHECK (version > 0),
  name       text        NOT NULL,
  sha256     text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE  candled.schema_migration            IS 'The migrations that this database has had, by `candled migrate`.';
COMMENT ON COLUMN candled.schema_migration.version    IS 'number of the migration, from 1 without holes';
COMMENT ON COLUMN candled.schema_migration.name       IS 'file name of the migration';
COMMENT ON COLUMN candled.schema_migration.sha256     IS 'SHA-256 of the file as it was applied, hexadecimal: an applied migration is never edited';
COMMENT ON COLUMN candled.schema_migration.applied_at IS 'when it was applied, UTC';
