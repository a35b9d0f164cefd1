-- How long bars are kept.

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
