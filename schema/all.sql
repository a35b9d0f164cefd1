-- The whole database as it stands today, in the order in which it can be made: psql -f schema/all.sql DATABASE.
-- For reading and for tests; databases in use get here by `candled migrate`. A test proves that both are the same.
\set ON_ERROR_STOP on
\ir schema_migration.sql
\ir instrument.sql
\ir series.sql
\ir calendar.sql
\ir bar.sql
\ir gap.sql
\ir completeness.sql
\ir session.sql
\ir retention.sql
\ir ingest.sql
\ir ledger.sql
\ir flat_file.sql
\ir views.sql
\ir corporate_action.sql
\ir analyst_views.sql
\ir rollup.sql
\ir roles.sql
