#include "store/follow_collection.hpp"

#include "core/failpoint.hpp"
#include "store/pg_text.hpp"
#include "store/show_series.hpp"

namespace candled {

namespace {

// What is remembered of a provider, for `candled check` to know it again under another name. $1 names,
// $2 kinds, $3 hosts.
constexpr char note_providers_sql[] = R"(
  INSERT INTO candled.provider (name, kind, host)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
  ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, host = excluded.host, renamed_to = NULL
  WHERE (provider.kind, provider.host, provider.renamed_to) IS DISTINCT FROM (excluded.kind, excluded.host, NULL))";

// In all of these: $1 the former name, $2 the name that is configured.
constexpr char note_renamed_sql[] = R"(
  INSERT INTO candled.provider (name, kind, host, renamed_to)
  SELECT $1, kind, host, name FROM candled.provider WHERE name = $2
  ON CONFLICT (name) DO UPDATE SET renamed_to = excluded.renamed_to
  WHERE provider.renamed_to IS DISTINCT FROM excluded.renamed_to)";

constexpr char pass_on_renamed_sql[] =
    "UPDATE candled.provider SET renamed_to = $2 WHERE renamed_to = $1 AND name <> $2";

// In the order in which a load locks them. The provider's name is part of a key.
constexpr char lock_renamed_sql[] = R"(
  SELECT FROM candled.series
  WHERE provider = $1 OR rolled_from IS NOT NULL AND starts_with(provider, $1 || ' from ')
  ORDER BY series_id FOR UPDATE)";

// Where the new name has a series of the same instrument and timeframe already, the old one stays as it is,
// and so does what is computed from it.
constexpr char rename_series_sql[] = R"(
  UPDATE candled.series s SET provider = $2 || substr(s.provider, length($1) + 1)
  WHERE (s.provider = $1 OR s.rolled_from IS NOT NULL AND starts_with(s.provider, $1 || ' from '))
    AND NOT EXISTS (
      SELECT FROM candled.series n
      WHERE n.instrument_id = s.instrument_id AND n.timeframe = s.timeframe
        AND n.provider = $2 || substr(s.provider, length($1) + 1))
    AND NOT EXISTS (
      SELECT FROM candled.series f
      JOIN candled.series n ON n.instrument_id = f.instrument_id AND n.timeframe = f.timeframe AND n.provider = $2
      WHERE f.series_id = s.rolled_from AND f.provider = $1))";

// What only such a series has is shown.
constexpr char show_left_behind_sql[] = R"(
  UPDATE candled.series SET shown_until = clock_timestamp()
  WHERE provider = $1 AND NOT is_primary AND shown_until IS NULL)";

// What both names have said of one action is said once.
constexpr char rename_source_sql[] = R"(
  UPDATE candled.corporate_action a
  SET source = $2,
      replaced_at = coalesce(a.replaced_at, (
        SELECT greatest(a.learned_at, n.learned_at) FROM candled.corporate_action n
        WHERE n.source = $2 AND n.source_id = a.source_id AND n.replaced_at IS NULL))
  WHERE a.source = $1)";

// $1 to $3 provider, timeframe and calendar of each job, $4 and $5 job (from 1) and ticker of each symbol,
// $6 and $7 job and timeframe of each rollup, $8 now. Three int4[]: series that are wanted and were not,
// those that are not wanted any more, and those that readers are to see and do not. A job whose series does
// not exist yet takes its place when it makes it. What is given is shown rather than what is computed.
constexpr char differences_sql[] = R"(
  WITH job AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS j (provider, timeframe, calendar, place)
  ), traded AS MATERIALIZED (
    SELECT DISTINCT j.place, j.provider, j.timeframe, t.instrument_id
    FROM job j
    JOIN unnest($4::int8[], $5::text[]) AS m (place, ticker) USING (place)
    JOIN candled.instrument_ticker t
      ON t.ticker = m.ticker
      AND (t.valid @> ($8::timestamptz AT TIME ZONE candled.calendar_zone(j.calendar))::date) IS TRUE
  ), meant AS (
    SELECT place, instrument_id, timeframe, provider, false AS is_rolled FROM traded
    UNION ALL
    SELECT t.place, t.instrument_id, r.timeframe, t.provider || ' from ' || t.timeframe, true
    FROM traded t JOIN unnest($6::int8[], $7::text[]) AS r (place, timeframe) USING (place)
  ), held AS MATERIALIZED (
    SELECT m.place, m.is_rolled, m.instrument_id, m.timeframe, s.series_id, s.is_primary, s.wanted_until
    FROM meant m LEFT JOIN candled.series s USING (instrument_id, timeframe, provider)
  ), shown AS (
    SELECT DISTINCT ON (instrument_id, timeframe) series_id, is_primary
    FROM held ORDER BY instrument_id, timeframe, is_rolled, place
  )
  SELECT (SELECT coalesce(array_agg(series_id), '{}') FROM held WHERE wanted_until IS NOT NULL),
         (SELECT coalesce(array_agg(s.series_id), '{}') FROM candled.series s
          WHERE s.wanted_until IS NULL AND s.series_id NOT IN (SELECT series_id FROM held WHERE series_id IS NOT NULL)),
         (SELECT coalesce(array_agg(series_id), '{}') FROM shown WHERE NOT is_primary))";

// $1 series that are wanted, $2 series that are not.
constexpr char lock_wanted_sql[] = R"(
  SELECT FROM candled.series WHERE series_id = ANY ($1::int4[] || $2::int4[])
  ORDER BY series_id FOR NO KEY UPDATE)";

constexpr char want_sql[] = R"(
  UPDATE candled.series SET wanted_until = CASE WHEN series_id = ANY ($1::int4[]) THEN NULL ELSE clock_timestamp() END
  WHERE series_id = ANY ($1::int4[] || $2::int4[]))";

void rename_provider(pqxx::work& work, std::string const& former, std::string const& name) {
  work.exec_params(note_renamed_sql, former, name);
  work.exec_params(pass_on_renamed_sql, former, name);
  work.exec_params(lock_renamed_sql, former);
  work.exec_params(rename_series_sql, former, name);
  work.exec_params(show_left_behind_sql, former);
  work.exec_params(rename_source_sql, former, name);
}

void rename_providers(pqxx::work& work, std::vector<CollectedProvider> const& providers) {
  lock_registration(work);
  PgArray names, kinds, hosts;
  for (auto const& provider : providers) {
    names.add(std::string_view{provider.name});
    kinds.add(std::string_view{provider.kind});
    hosts.add(std::string_view{provider.host});
  }
  work.exec_params(note_providers_sql, names.text(), kinds.text(), hosts.text());
  for (auto const& provider : providers)
    for (auto const& former : provider.formerly) rename_provider(work, former, provider.name);
}

pqxx::row differences(pqxx::work& work, std::vector<CollectedJob> const& jobs, UtcTime now) {
  PgArray providers, timeframes, calendars, ticker_jobs, tickers, rollup_jobs, rollups;
  std::int64_t place = 0;
  for (auto const& job : jobs) {
    ++place;
    providers.add(std::string_view{job.provider});
    timeframes.add(to_string(job.timeframe));
    calendars.add(std::string_view{job.calendar});
    for (auto const& ticker : job.tickers) {
      ticker_jobs.add(place);
      tickers.add(std::string_view{ticker});
    }
    for (auto const timeframe : job.rollups) {
      rollup_jobs.add(place);
      rollups.add(to_string(timeframe));
    }
  }
  return work.exec_params1(differences_sql, providers.text(), timeframes.text(), calendars.text(),
                           ticker_jobs.text(), tickers.text(), rollup_jobs.text(), rollups.text(),
                           pg_text(now));
}

}  // namespace

// Two transactions: the locks of each are taken in the order of the series.
void follow_collection(PgConnection& connection, Collection const& collection, UtcTime now) {
  {
    pqxx::work work{connection.session()};
    rename_providers(work, collection.providers);
    failpoint("rename_before_commit");
    work.commit();
  }
  pqxx::work work{connection.session()};
  lock_registration(work);
  auto const found = differences(work, collection.jobs, now);
  std::string const wanted = found[0].c_str();
  std::string const unwanted = found[1].c_str();
  std::string const shown = found[2].c_str();
  if (wanted != "{}" || unwanted != "{}") {
    work.exec_params(lock_wanted_sql, wanted, unwanted);
    work.exec_params(want_sql, wanted, unwanted);
  }
  if (shown != "{}") show_series(work, shown);
  work.commit();
}

}  // namespace candled
