-- The sessions that a bar stands for. A bar of a day or less stands for the day on which it starts; a week or a month
-- for the sessions in it, and not for its start: the week of Monday, June 10, 2024 starts on Sunday, June 9, on which
-- nothing trades.

-- A calendar or a year that is not in market_session trades from Monday to Friday; 24x7 on every day.
CREATE FUNCTION candled.first_session(from_day date, until_day date, calendar text) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 AS $function$
  SELECT coalesce(
    (SELECT min(m.session_date) FROM candled.market_session m
     WHERE m.calendar = first_session.calendar AND m.session_date >= from_day AND m.session_date < until_day),
    CASE WHEN first_session.calendar <> '24x7' AND isfinite(from_day)
         THEN from_day + CASE extract(isodow FROM from_day) WHEN 6 THEN 2 WHEN 7 THEN 1 ELSE 0 END
         ELSE from_day END)
$function$;
COMMENT ON FUNCTION candled.first_session(date, date, text) IS
  'The first trading day from from_day until before until_day, by market_session; where that has none of these days, the first Monday to Friday from from_day on (24x7: from_day itself).';

CREATE FUNCTION candled.last_session(from_day date, until_day date, calendar text) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 AS $function$
  SELECT coalesce(
    (SELECT max(m.session_date) FROM candled.market_session m
     WHERE m.calendar = last_session.calendar AND m.session_date >= from_day AND m.session_date < until_day),
    CASE WHEN last_session.calendar <> '24x7' AND isfinite(until_day)
         THEN until_day - CASE extract(isodow FROM until_day) WHEN 1 THEN 3 WHEN 7 THEN 2 ELSE 1 END
         ELSE until_day - 1 END)
$function$;
COMMENT ON FUNCTION candled.last_session(date, date, text) IS
  'The last trading day from from_day until before until_day, as first_session.';

-- Inlined where it is called: only weeks and months cost a lookup.
CREATE FUNCTION candled.session_date(ts timestamptz, timeframe text, calendar text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN timeframe IN ('1w', '1mo')
    THEN candled.first_session((ts AT TIME ZONE candled.calendar_zone(calendar))::date,
                               ((ts AT TIME ZONE candled.calendar_zone(calendar)) + candled.timeframe_length(timeframe))::date,
                               calendar)
    ELSE (ts AT TIME ZONE candled.calendar_zone(calendar))::date END
$function$;
COMMENT ON FUNCTION candled.session_date(timestamptz, text, text) IS
  'The trading day that a bar starts with, in the calendar''s zone: of a week or a month its first session.';

CREATE FUNCTION candled.part_of_session(ts timestamptz, timeframe text, session candled.market_session) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN ts < (session).closes_at AND ts + candled.timeframe_length(timeframe) > (session).opens_at THEN 'regular'
              WHEN ts < (session).opens_at AND ts + candled.timeframe_length(timeframe) > (session).extended_opens_at THEN 'pre'
              WHEN ts >= (session).closes_at AND ts < (session).extended_closes_at THEN 'post' END
$function$;
COMMENT ON FUNCTION candled.part_of_session(timestamptz, text, candled.market_session) IS
  'Whether a bar of that day is of regular trading, in part at least, or else of the pre- or the after-market: regular, pre, post; NULL: outside of all.';

CREATE FUNCTION candled.first_day_of_bar(day date, timeframe text) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
  SELECT CASE timeframe WHEN '1w' THEN day - extract(dow FROM day)::int4
                        WHEN '1mo' THEN date_trunc('month', day::timestamp)::date
                        ELSE day END
$function$;
COMMENT ON FUNCTION candled.first_day_of_bar(date, text) IS
  'The day on which the bar starts that holds the day: of 1w the Sunday, of 1mo the first.';

-- Where weeks and months of a name, or of a kind of shares, begin. ts < the result if and only if the bar's first
-- session is before the day.
CREATE FUNCTION candled.first_day_of_long_bar(day date, timeframe text, calendar text) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 AS $function$
  SELECT CASE WHEN NOT isfinite(day) THEN day
              WHEN candled.first_session(b.first_day, b.next_day, first_day_of_long_bar.calendar) >= day THEN b.first_day
              ELSE b.next_day END
  FROM (SELECT CASE WHEN isfinite(day) THEN candled.first_day_of_bar(day, timeframe) ELSE day END) AS f (first_day)
  CROSS JOIN LATERAL (SELECT f.first_day, (f.first_day + candled.timeframe_length(timeframe))::date) AS b (first_day, next_day)
$function$;
COMMENT ON FUNCTION candled.first_day_of_long_bar(date, text, text) IS
  'The day on which the first bar of 1w or 1mo starts whose first session is the given day or a later one.';

CREATE FUNCTION candled.first_start(day date, timeframe text, calendar text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT (CASE WHEN timeframe IN ('1w', '1mo') THEN candled.first_day_of_long_bar(day, timeframe, calendar) ELSE day END)::timestamp
         AT TIME ZONE candled.calendar_zone(calendar)
$function$;
COMMENT ON FUNCTION candled.first_start(date, text, text) IS
  'The start of the first bar of a timeframe that stands for the given day of the calendar''s zone, or for later ones only.';

-- Names without an end are most: a full scan pays no more for them than a look.
CREATE FUNCTION candled.named_from(valid daterange, calendar text, timeframe text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN lower_inf(valid) THEN '-infinity' ELSE candled.first_start(lower(valid), timeframe, calendar) END
$function$;
COMMENT ON FUNCTION candled.named_from(daterange, text, text) IS
  'The start of the first bar of a timeframe that has the name; -infinity: always. A week or a month has the name of its first session.';

CREATE FUNCTION candled.named_until(valid daterange, calendar text, timeframe text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT CASE WHEN upper_inf(valid) THEN 'infinity' ELSE candled.first_start(upper(valid), timeframe, calendar) END
$function$;
COMMENT ON FUNCTION candled.named_until(daterange, text, text) IS
  'The start of the first bar of a timeframe that does not have the name any more; infinity: it still has.';

-- The one place that says which of an instrument's names is its name. A name that is announced is none yet.
CREATE FUNCTION candled.name_on(instrument_id int4, day date) RETURNS TABLE (ticker text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $function$
  SELECT n.ticker FROM candled.instrument_ticker n
  WHERE n.instrument_id = name_on.instrument_id
  ORDER BY n.valid @> day DESC, coalesce(lower(n.valid) <= day, true) DESC,
           CASE WHEN coalesce(lower(n.valid) <= day, true) THEN upper(n.valid) END DESC NULLS LAST, lower(n.valid)
  LIMIT 1
$function$;
COMMENT ON FUNCTION candled.name_on(int4, date) IS
  'The ticker of an instrument on that day, else the last that it had before, else the first that it has after.';

CREATE FUNCTION candled.today(calendar text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $function$
  SELECT (now() AT TIME ZONE candled.calendar_zone(calendar))::date
$function$;
COMMENT ON FUNCTION candled.today(text) IS 'The date of now in the calendar''s zone.';

-- In a WHERE it is asked once, before the first row: the planner makes a one-time filter of it. plpgsql, for an
-- error is no value.
CREATE FUNCTION candled.check_asked(ticker text, timeframe text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 AS $function$
DECLARE
  alike text;
BEGIN
  IF candled.timeframe_length(timeframe) IS NULL AND timeframe IS NOT NULL THEN
    RAISE EXCEPTION 'no timeframe is called "%"', timeframe
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Timeframes are 1m 5m 15m 30m 1h 4h 1d 1w 1mo.';
  END IF;
  IF ticker IS NULL OR EXISTS (SELECT FROM candled.instrument_ticker t WHERE t.ticker = check_asked.ticker) THEN
    RETURN true;
  END IF;
  SELECT string_agg(s.ticker, ', ' ORDER BY s.ticker) INTO alike
  FROM (SELECT DISTINCT t.ticker FROM candled.instrument_ticker t
        WHERE upper(t.ticker) = upper(btrim(check_asked.ticker))
           OR starts_with(t.ticker, left(check_asked.ticker, 2))
        ORDER BY t.ticker LIMIT 10) s;
  RAISE EXCEPTION 'no instrument has or had the ticker "%"', ticker
    USING ERRCODE = 'invalid_parameter_value',
          DETAIL = 'Similar tickers: ' || coalesce(alike, 'none') || '.',
          HINT = 'Tickers are spelled as the provider spells them, and case matters. '
                 'SELECT ticker, timeframe FROM candled.coverage_report lists what is collected; '
                 'what a job does not have among its symbols is not.';
END
$function$;
COMMENT ON FUNCTION candled.check_asked(text, text) IS
  'True for a timeframe that there is and a ticker that an instrument has or had, collected or not; else an error that says what there is. NULL is asked for nothing, and true.';
