#include "store/open_series.hpp"

#include <fmt/format.h>
#include <algorithm>

#include <string>

#include "store/pg_text.hpp"

namespace candled {

namespace {

// Every ticker in the order asked for, with what is known of it. $1 tickers, $2 timeframe, $3 provider, $4
// now.
std::string const& find_sql() {
  static std::string const sql = fmt::format(
      R"(
    SELECT s.series_id, q.ticker, {}, {}, s.wanted_from > $5::timestamptz
    FROM unnest($1::text[]) WITH ORDINALITY AS q (ticker, place)
    LEFT JOIN candled.instrument_ticker t
      ON t.ticker = q.ticker AND t.valid @> ($4::timestamptz AT TIME ZONE 'UTC')::date
    LEFT JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.timeframe = $2 AND s.provider = $3
    ORDER BY q.place)",
      ranges_sql("s.covered"),
      ranges_sql("(SELECT range_agg(g.during) FROM candled.gap g WHERE g.series_id = s.series_id "
                 "AND g.closed_at IS NULL AND g.next_try_at > $4::timestamptz)"));
  return sql;
}

// Two that register at once take turns; who only reads does not wait. "candled" and one more, in ASCII.
constexpr char lock_sql[] = "SELECT pg_advisory_xact_lock(x'63616e646c656473'::int8)";

constexpr char add_tickers_sql[] = R"(
  WITH missing AS (
    SELECT DISTINCT ticker FROM unnest($1::text[]) AS q (ticker)
    WHERE NOT EXISTS (SELECT FROM candled.instrument_ticker t
                      WHERE t.ticker = q.ticker AND t.valid @> ($2::timestamptz AT TIME ZONE 'UTC')::date)
  ), numbered AS (
    SELECT ticker, row_number() OVER (ORDER BY ticker) AS place FROM missing
  ), made AS (
    INSERT INTO candled.instrument (registered_at) SELECT now() FROM missing RETURNING instrument_id
  ), made_numbered AS (
    SELECT instrument_id, row_number() OVER (ORDER BY instrument_id) AS place FROM made
  )
  INSERT INTO candled.instrument_ticker (ticker, instrument_id, valid)
  SELECT n.ticker, m.instrument_id,
         -- A name that was another's belongs to this one only from where the other's time ended.
         daterange((SELECT max(upper(t.valid)) FROM candled.instrument_ticker t WHERE t.ticker = n.ticker), NULL)
  FROM numbered n JOIN made_numbered m USING (place))";

constexpr char add_series_sql[] = R"(
  INSERT INTO candled.series (instrument_id, timeframe, provider, wanted_from, is_primary)
  SELECT DISTINCT t.instrument_id, $2, $3, $5::timestamptz,
         NOT EXISTS (SELECT FROM candled.series p
                     WHERE p.instrument_id = t.instrument_id AND p.timeframe = $2 AND p.is_primary)
  FROM unnest($1::text[]) AS q (ticker)
  JOIN candled.instrument_ticker t
    ON t.ticker = q.ticker AND t.valid @> ($4::timestamptz AT TIME ZONE 'UTC')::date
  ON CONFLICT (instrument_id, timeframe, provider)
  DO UPDATE SET wanted_from = EXCLUDED.wanted_from WHERE series.wanted_from > EXCLUDED.wanted_from)";

struct Parameters {
  std::string tickers;
  std::string timeframe;
  std::string provider;
  std::string now;
  std::string wanted_from;
};

pqxx::result find(pqxx::work& work, Parameters const& p) {
  return work.exec_params(find_sql(), p.tickers, p.timeframe, p.provider, p.now, p.wanted_from);
}

bool something_is_new(pqxx::result const& found) {
  return std::ranges::any_of(found,
                             [](auto const& row) { return row[0].is_null() || row[4].template as<bool>(); });
}

std::vector<Series> to_series(pqxx::result const& found) {
  std::vector<Series> series;
  for (auto const& row : found)
    series.push_back({.id = SeriesId{row[0].as<int>()},
                      .ticker = row[1].as<std::string>(),
                      .covered = parse_ranges(row[2].c_str()),
                      .parked = parse_ranges(row[3].c_str())});
  return series;
}

}  // namespace

std::vector<Series> open_series(PgConnection& connection, SeriesQuery const& query) {
  PgArray tickers;
  for (auto const& ticker : query.tickers) tickers.add(std::string_view{ticker});
  Parameters const parameters{.tickers = tickers.text(),
                              .timeframe = std::string{to_string(query.timeframe)},
                              .provider = query.provider,
                              .now = pg_text(query.now),
                              .wanted_from = pg_text(query.wanted_from)};
  pqxx::work work{connection.session()};
  auto found = find(work, parameters);
  if (something_is_new(found)) {
    work.exec(lock_sql);
    work.exec_params(add_tickers_sql, parameters.tickers, parameters.now);
    work.exec_params(add_series_sql, parameters.tickers, parameters.timeframe, parameters.provider,
                     parameters.now, parameters.wanted_from);
    found = find(work, parameters);
    work.commit();
  }
  return to_series(found);
}

}  // namespace candled
