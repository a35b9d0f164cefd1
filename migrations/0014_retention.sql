-- How long bars are kept, and who drops those that are not. Day files have another kind of version, too.

-- A year of bars is dropped when nobody keeps a bar of it. Who keeps what is in the rows of `series` alone, so the
-- caller cannot ask for more than they allow; and the last whole year and this one stay whatever they say. What is
-- known of the year goes with it: else a longer retention would not ask for it again. SECURITY DEFINER: whoever
-- writes bars needs no right to delete any. Series are locked before the table, as a load does it, and a lock that is
-- not given in half a second ends the attempt: loads come first.
CREATE FUNCTION candled.drop_expired_bars() RETURNS TABLE (year int4, bytes int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms' AS $function$
DECLARE
  newest    constant int4 := extract(year FROM now() AT TIME ZONE 'UTC')::int4 - 2;
  begins    timestamptz;
  ends      timestamptz;
  partition text;
  is_kept   boolean;
  expired   int4[];
BEGIN
  FOR year, partition IN
    SELECT substring(c.relname FROM '^bar_(\d{4})$')::int4, c.relname
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'candled.bar'::regclass AND c.relname ~ '^bar_\d{4}$'
    ORDER BY 1
  LOOP
    EXIT WHEN year > newest;
    begins := make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC');
    ends := make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC');
    -- Without a lock, where nothing is to be done; then once more, when nobody can change the answer.
    FOR look IN 1 .. 2 LOOP
      IF look = 2 THEN
        PERFORM FROM candled.series s WHERE s.kept_from >= ends ORDER BY s.series_id FOR NO KEY UPDATE;
        LOCK TABLE ONLY candled.bar IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('LOCK TABLE candled.%I IN ACCESS EXCLUSIVE MODE', partition);
      END IF;
      SELECT array_agg(s.series_id) INTO expired
      FROM candled.series s WHERE s.kept_from >= ends AND s.wanted_from >= ends;
      EXECUTE format('SELECT $1 IS NULL OR EXISTS (
                        SELECT FROM candled.series s
                        WHERE NOT s.series_id = ANY ($1)
                          AND EXISTS (SELECT FROM candled.%I b WHERE b.series_id = s.series_id))', partition)
        INTO is_kept USING expired;
      EXIT WHEN is_kept;
    END LOOP;
    CONTINUE WHEN is_kept;

    bytes := pg_total_relation_size(format('candled.%I', partition));
    EXECUTE format('DROP TABLE candled.%I', partition);
    UPDATE candled.series s SET covered = s.covered - tstzmultirange(tstzrange(begins, ends))
    WHERE s.series_id = ANY (expired) AND s.covered && tstzrange(begins, ends);
    UPDATE candled.gap g SET closed_at = now()
    WHERE g.series_id = ANY (expired) AND g.closed_at IS NULL AND upper(g.during) <= ends;
    UPDATE candled.gap g SET during = tstzrange(ends, upper(g.during))
    WHERE g.series_id = ANY (expired) AND g.closed_at IS NULL AND lower(g.during) < ends;
    DELETE FROM candled.series_session k
    WHERE k.series_id = ANY (expired) AND k.session_date >= make_date(year, 1, 1) AND k.session_date < make_date(year + 1, 1, 1);
    DELETE FROM candled.bar_revision r WHERE r.series_id = ANY (expired) AND r.ts >= begins AND r.ts < ends;
    DELETE FROM candled.rejected_bar r WHERE r.series_id = ANY (expired) AND r.ts >= begins AND r.ts < ends;
    RETURN NEXT;
  END LOOP;
END
$function$;
COMMENT ON FUNCTION candled.drop_expired_bars() IS
  'Drops the partitions of bar in which every bar is of a series that keeps only what is later (series.kept_from), and what is known of those years; never the last whole year. Returns the years (UTC) and how many bytes each had.';
REVOKE ALL ON FUNCTION candled.drop_expired_bars() FROM PUBLIC;

ALTER TABLE candled.series ADD COLUMN kept_from timestamptz;
COMMENT ON COLUMN candled.series.kept_from IS 'older bars may be dropped, UTC; NULL: all are kept. From the retention of the job that collects it';
COMMENT ON COLUMN candled.flat_file.version  IS 'as it was read: the file''s size, time of change, checksum and length; of a bucket the ETag';

CREATE OR REPLACE FUNCTION candled.give_rights() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  entry record;
BEGIN
  IF NOT candled.make_roles() THEN
    RETURN false;
  END IF;

  -- Whoever is no member of the owner keeps what they made: the rights below hold all the same.
  IF pg_has_role(current_user, 'candled_owner', 'MEMBER') THEN
    FOR entry IN
      SELECT format('SCHEMA %I', nspname) AS what, nspowner AS owner, 1 AS place
      FROM pg_namespace WHERE oid = 'candled'::regnamespace
      UNION ALL
      SELECT format('TABLE %s', oid::regclass), relowner, 2
      FROM pg_class WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v')
      UNION ALL
      SELECT format('TYPE %s', oid::regtype), typowner, 3
      FROM pg_type WHERE typnamespace = 'candled'::regnamespace AND typtype = 'r'
      UNION ALL
      SELECT format('ROUTINE %s', p.oid::regprocedure), p.proowner, 4
      FROM pg_proc p WHERE p.pronamespace = 'candled'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'i')
      ORDER BY place, what
    LOOP
      CONTINUE WHEN entry.owner = 'candled_owner'::regrole;
      EXECUTE format('ALTER %s OWNER TO candled_owner', entry.what);
    END LOOP;
  END IF;

  GRANT USAGE ON SCHEMA candled TO candled_ingest, candled_read;
  -- Partitions are reached through their table.
  FOR entry IN
    SELECT oid::regclass AS name, relkind FROM pg_class
    WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
  LOOP
    EXECUTE format('GRANT SELECT ON %s TO candled_ingest, candled_read', entry.name);
    CONTINUE WHEN entry.relkind = 'v';
    EXECUTE format('GRANT INSERT, UPDATE ON %s TO candled_ingest', entry.name);
  END LOOP;
  -- History is written once, and which migrations there were is none of its business.
  REVOKE UPDATE ON candled.bar_revision, candled.coverage_log FROM candled_ingest;
  REVOKE INSERT, UPDATE ON candled.schema_migration FROM candled_ingest;
  -- Records of the present, which are replaced: none of them says what was fetched, but for recount_sessions().
  GRANT DELETE ON candled.budget_place, candled.job_progress, candled.market_session, candled.series_session
    TO candled_ingest;
  GRANT EXECUTE ON FUNCTION candled.ensure_bar_partitions(timestamptz, timestamptz) TO candled_ingest;
  GRANT EXECUTE ON FUNCTION candled.drop_expired_bars() TO candled_ingest;
  RETURN true;
END
$function$;

SELECT candled.give_rights();
