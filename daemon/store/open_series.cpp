#include "store/open_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "store/pg_text.hpp"
#include "store/series_names.hpp"
#include "store/show_series.hpp"

namespace candled {

namespace {

// Every ticker in the order asked for, with what is known of it. $1 tickers, $2 timeframe, $3 provider, $4
// now, $5 wanted_from, $6 calendar, $7 kept_from or empty, $8 tickers of which readers see another job's
// bars. The last columns count open gaps, in the order of gap_reasons, and after them comes the end of the
// newest one beyond the horizon. By provider_now() a daemon whose configuration still has the name that a
// provider had goes on with the same series.
constexpr int gaps_column = 6;
constexpr int horizon_column = gaps_column + static_cast<int>(gap_reasons.size());

std::string const& find_sql() {
  static std::string const sql = [] {
    std::string columns;
    std::string counts;
    for (auto const reason : gap_reasons) {
      columns += fmt::format(", g.{}", to_string(reason));
      counts +=
          fmt::format(", count(*) FILTER (WHERE reason = '{0}' AND upper(during) > $5::timestamptz) AS {0}",
                      to_string(reason));
    }
    return fmt::format(
        R"(
    SELECT s.series_id, q.ticker, {}, {}, {}, s.wanted_from <> $5::timestamptz OR s.calendar <> $6
           OR s.kept_from IS DISTINCT FROM nullif($7, '')::timestamptz OR s.wanted_until IS NOT NULL
           OR NOT s.is_primary AND q.ticker <> ALL ($8::text[]) AND NOT EXISTS (
             SELECT FROM candled.series p
             WHERE p.instrument_id = s.instrument_id AND p.timeframe = s.timeframe AND p.is_primary
               AND p.wanted_until IS NULL AND p.rolled_from IS NULL){}, {}
    FROM unnest($1::text[]) WITH ORDINALITY AS q (ticker, place)
    LEFT JOIN candled.instrument_ticker t
      ON t.ticker = q.ticker AND t.valid @> ($4::timestamptz AT TIME ZONE candled.calendar_zone($6))::date
    LEFT JOIN candled.series s ON s.instrument_id = t.instrument_id AND s.timeframe = $2
      AND s.provider = candled.provider_now($3)
    LEFT JOIN LATERAL (
      SELECT range_agg(during) FILTER (WHERE next_try_at > $4::timestamptz) AS parked,
             range_agg(during) FILTER (WHERE next_try_at <= $4::timestamptz) AS again,
             max(upper(during)) FILTER (WHERE reason = 'horizon') AS horizon_until{}
      FROM candled.gap WHERE gap.series_id = s.series_id AND closed_at IS NULL
    ) g ON true
    ORDER BY q.place)",
        ranges_sql("s.covered"), ranges_sql("g.parked"), ranges_sql("g.again"), columns,
        time_sql("g.horizon_until"), counts);
  }();
  return sql;
}

constexpr char today_sql[] = "SELECT ($1::timestamptz AT TIME ZONE candled.calendar_zone($2))::date";

// $1 tickers, $2 today.
constexpr char add_tickers_sql[] = R"(
  WITH missing AS (
    SELECT DISTINCT ticker FROM unnest($1::text[]) AS q (ticker)
    WHERE NOT EXISTS (SELECT FROM candled.instrument_ticker t
                      WHERE t.ticker = q.ticker AND t.valid @> $2::date)
  ), numbered AS (
    SELECT ticker, row_number() OVER (ORDER BY ticker) AS place FROM missing
  ), made AS (
    INSERT INTO candled.instrument (registered_at) SELECT now() FROM missing RETURNING instrument_id
  ), made_numbered AS (
    SELECT instrument_id, row_number() OVER (ORDER BY instrument_id) AS place FROM made
  )
  INSERT INTO candled.instrument_ticker (ticker, instrument_id, valid)
  SELECT n.ticker, m.instrument_id,
         -- A name that was another's belongs to this one only from where the other's time ended, and until the next.
         daterange((SELECT max(upper(t.valid)) FROM candled.instrument_ticker t
                    WHERE t.ticker = n.ticker AND upper(t.valid) <= $2::date),
                   (SELECT min(lower(t.valid)) FROM candled.instrument_ticker t
                    WHERE t.ticker = n.ticker AND lower(t.valid) > $2::date))
  FROM numbered n JOIN made_numbered m USING (place))";

// Returns the new ones. Which job is the first in the configuration decides what readers see, not which is
// the first to ask.
constexpr char add_series_sql[] = R"(
  WITH made AS (
    INSERT INTO candled.series (instrument_id, timeframe, provider, wanted_from, calendar, kept_from, is_primary)
    SELECT t.instrument_id, $2, candled.provider_now($3), $5::timestamptz, $6, nullif($7, '')::timestamptz,
           bool_and(q.ticker <> ALL ($8::text[])) AND NOT EXISTS (
             SELECT FROM candled.series p
             WHERE p.instrument_id = t.instrument_id AND p.timeframe = $2 AND p.is_primary)
    FROM unnest($1::text[]) AS q (ticker)
    JOIN candled.instrument_ticker t
      ON t.ticker = q.ticker AND t.valid @> ($4::timestamptz AT TIME ZONE candled.calendar_zone($6))::date
    GROUP BY t.instrument_id
    ORDER BY 1
    ON CONFLICT (instrument_id, timeframe, provider) DO NOTHING
    RETURNING series_id
  )
  SELECT coalesce(array_agg(series_id), '{}') FROM made)";

// Series of a job that readers are to see and do not: new ones, and those in whose place they see one that no
// job wants, or bars that we compute. $1 tickers, $2 timeframe, $3 provider, $4 now, $5 calendar, $6 new
// ones, $7 tickers of which readers see another job's bars.
constexpr char find_hidden_sql[] = R"(
  SELECT coalesce(array_agg(DISTINCT s.series_id), '{}')
  FROM unnest($1::text[]) AS q (ticker)
  JOIN candled.instrument_ticker t
    ON t.ticker = q.ticker AND t.valid @> ($4::timestamptz AT TIME ZONE candled.calendar_zone($5))::date
  JOIN candled.series s
    ON s.instrument_id = t.instrument_id AND s.timeframe = $2 AND s.provider = candled.provider_now($3)
  WHERE NOT s.is_primary AND q.ticker <> ALL ($7::text[])
    AND (s.series_id = ANY ($6::int4[]) OR NOT EXISTS (
      SELECT FROM candled.series p
      WHERE p.instrument_id = s.instrument_id AND p.timeframe = s.timeframe AND p.is_primary
        AND p.wanted_until IS NULL AND p.rolled_from IS NULL)))";

// In the order in which a load locks them. Returns those whose sessions are other days now.
constexpr char change_series_sql[] = R"(
  WITH other AS (
    SELECT s.series_id, s.calendar
    FROM candled.series s
    WHERE s.timeframe = $2 AND s.provider = candled.provider_now($3)
      AND (s.wanted_from <> $5::timestamptz OR s.calendar <> $6
           OR s.kept_from IS DISTINCT FROM nullif($7, '')::timestamptz OR s.wanted_until IS NOT NULL)
      AND s.instrument_id IN (
        SELECT t.instrument_id FROM candled.instrument_ticker t
        WHERE t.ticker = ANY ($1::text[]) AND t.valid @> ($4::timestamptz AT TIME ZONE candled.calendar_zone($6))::date)
    ORDER BY s.series_id FOR NO KEY UPDATE
  ), changed AS (
    UPDATE candled.series s SET wanted_from = $5::timestamptz, calendar = $6, kept_from = nullif($7, '')::timestamptz,
      wanted_until = NULL
    FROM other o WHERE s.series_id = o.series_id
    RETURNING s.series_id, o.calendar <> s.calendar AS is_moved
  )
  SELECT coalesce(array_agg(series_id) FILTER (WHERE is_moved), '{}') FROM changed)";

constexpr char recount_sql[] = "SELECT candled.recount_sessions($1::int4[])";

constexpr char with_bars_sql[] = R"(
  SELECT series_id FROM unnest($1::int4[]) AS q (series_id)
  WHERE EXISTS (SELECT FROM candled.bar b WHERE b.series_id = q.series_id))";

std::string settled_sql() {
  return fmt::format(R"(
    SELECT k.series_id, (extract(epoch FROM k.after) * 1000)::int8, {}, {}
    FROM candled.settled k WHERE k.series_id = ANY ($1::int4[]))",
                     time_sql("k.since"), ranges_sql("k.during"));
}

constexpr char add_settled_sql[] = R"(
  INSERT INTO candled.settled (series_id, after, since)
  SELECT s.series_id, a.after_ms * interval '1 millisecond', a.since
  FROM unnest($1::int4[]) AS s (series_id)
  CROSS JOIN unnest($2::int8[], $3::timestamptz[]) AS a (after_ms, since)
  ORDER BY 1, 2
  ON CONFLICT DO NOTHING)";

struct Parameters {
  std::string tickers;
  std::string timeframe;
  std::string provider;
  std::string now;
  std::string wanted_from;
  std::string calendar;
  std::string kept_from;  // empty: all is kept
  std::string shown_elsewhere;
};

pqxx::result run(pqxx::work& work, std::string const& sql, Parameters const& p) {
  return work.exec_params(sql, p.tickers, p.timeframe, p.provider, p.now, p.wanted_from, p.calendar,
                          p.kept_from, p.shown_elsewhere);
}

bool something_is_new(pqxx::result const& found) {
  return std::ranges::any_of(found,
                             [](auto const& row) { return row[0].is_null() || row[5].template as<bool>(); });
}

std::optional<UtcTime> horizon_of(pqxx::row const& row) {
  auto const field = row[horizon_column];
  return field.is_null() ? std::nullopt : std::optional{parse_time(field.c_str())};
}

GapCounts gaps_of(pqxx::row const& row) {
  GapCounts gaps;
  int column = gaps_column;
  for (auto const reason : gap_reasons)
    if (auto const count = row[column++].as<int>(); count > 0) gaps[reason] = count;
  return gaps;
}

std::vector<Series> to_series(pqxx::result const& found) {
  std::vector<Series> series;
  for (auto const& row : found)
    series.push_back({.id = SeriesId{row[0].as<int>()},
                      .ticker = row[1].as<std::string>(),
                      .covered = parse_ranges(row[2].c_str()),
                      .parked = parse_ranges(row[3].c_str()),
                      .again = parse_ranges(row[4].c_str()),
                      .gaps = gaps_of(row),
                      .settled = {},
                      .horizon_until = horizon_of(row)});
  return series;
}

void register_series(pqxx::work& work, Parameters const& parameters) {
  lock_registration(work);
  auto const today = work.exec_params1(today_sql, parameters.now, parameters.calendar)[0].as<std::string>();
  work.exec_params(add_tickers_sql, parameters.tickers, today);
  auto const& p = parameters;
  std::string const made = run(work, add_series_sql, p)[0][0].c_str();
  std::string const hidden = work.exec_params1(find_hidden_sql, p.tickers, p.timeframe, p.provider, p.now,
                                               p.calendar, made, p.shown_elsewhere)[0]
                                 .c_str();
  if (hidden != "{}") show_series(work, hidden);
  std::string const moved = work.exec_params1(change_series_sql, p.tickers, p.timeframe, p.provider, p.now,
                                              p.wanted_from, p.calendar, p.kept_from)[0]
                                .c_str();
  if (moved == "{}") return;
  // Rare, and as long as it takes to read the bars of a series that moves to another calendar.
  work.exec("SET LOCAL statement_timeout = 0");
  work.exec_params(recount_sql, moved);
}

void take_names(pqxx::work& work, std::vector<Series>& series) {
  std::vector<SeriesId> ids(series.size());
  std::ranges::transform(series, ids.begin(), &Series::id);
  auto const names = read_names(work, ids);
  for (auto& one : series)
    if (auto const found = names.find(one.id); found != names.end()) one.names = found->second;
}

using SettledBySeries = std::map<std::pair<SeriesId, Milliseconds>, Settled>;

SettledBySeries find_settled(pqxx::work& work, std::string const& ids) {
  SettledBySeries found;
  for (auto const& row : work.exec_params(settled_sql(), ids)) {
    Milliseconds const after{row[1].as<std::int64_t>()};
    found[{SeriesId{row[0].as<int>()}, after}] = {
        .after = after, .since = parse_time(row[2].c_str()), .during = parse_ranges(row[3].c_str())};
  }
  return found;
}

// Whether all were there.
bool take_settled(SettledBySeries const& found, SeriesQuery const& query, std::vector<Series>& series) {
  for (auto& one : series) {
    one.settled.clear();
    for (auto const& [after, closed_until] : query.settle) {
      auto const row = found.find({one.id, after});
      if (row == found.end()) return false;
      one.settled.push_back(row->second);
    }
  }
  return true;
}

// Returns whether anything was written.
bool settle(pqxx::work& work, SeriesQuery const& query, std::vector<Series>& series) {
  if (query.settle.empty()) return false;
  PgArray ids, after, since;
  for (auto const& one : series) ids.add(one.id);
  for (auto const& time : query.settle) {
    after.add(time.after);
    since.add(time.closed_until);
  }
  if (take_settled(find_settled(work, ids.text()), query, series)) return false;
  work.exec_params(add_settled_sql, ids.text(), after.text(), since.text());
  take_settled(find_settled(work, ids.text()), query, series);
  return true;
}

}  // namespace

std::vector<Series> open_series(PgConnection& connection, SeriesQuery const& query) {
  PgArray tickers, elsewhere;
  for (auto const& ticker : query.tickers) tickers.add(std::string_view{ticker});
  for (auto const& ticker : query.shown_elsewhere) elsewhere.add(std::string_view{ticker});
  Parameters const parameters{.tickers = tickers.text(),
                              .timeframe = std::string{to_string(query.timeframe)},
                              .provider = query.provider,
                              .now = pg_text(query.now),
                              .wanted_from = pg_text(query.wanted_from),
                              .calendar = query.calendar,
                              .kept_from = query.kept_from ? pg_text(*query.kept_from) : "",
                              .shown_elsewhere = elsewhere.text()};
  pqxx::work work{connection.session()};
  auto found = run(work, find_sql(), parameters);
  bool const is_new = something_is_new(found);
  if (is_new) {
    register_series(work, parameters);
    found = run(work, find_sql(), parameters);
  }
  auto series = to_series(found);
  take_names(work, series);
  bool const settles = settle(work, query, series);
  if (is_new || settles) work.commit();
  return series;
}

std::vector<SeriesId> find_with_bars(PgConnection& connection, std::vector<SeriesId> const& series) {
  PgArray ids;
  for (auto const id : series) ids.add(id);
  pqxx::read_transaction work{connection.session()};
  std::vector<SeriesId> found;
  for (auto const& row : work.exec_params(with_bars_sql, ids.text()))
    found.push_back(SeriesId{row[0].as<int>()});
  return found;
}

}  // namespace candled
