#include "store/sessions.hpp"

#include "store/pg_text.hpp"

namespace candled {

namespace {

// One statement, so that a session's row is written once. Whoever holds the series' lock is the only writer
// of its rows. OFFSET 0 keeps the planner from joining every session with every series: a day around a range
// finds its sessions by index, and only of these is asked whether they are whole.
constexpr char keep_sql[] = R"(
  WITH change AS (
    SELECT * FROM unnest($1::int4[], $2::date[], $3::int4[], $4::bytea[]) AS c (series_id, session_date, bars, hash)
  ), whole AS (
    SELECT DISTINCT n.series_id, m.session_date
    FROM unnest($5::int4[], $6::text[]) AS n (series_id, ranges)
    JOIN candled.series s USING (series_id)
    CROSS JOIN LATERAL unnest(n.ranges::tstzmultirange) AS range
    CROSS JOIN LATERAL (
      SELECT m.session_date, candled.session_range(m, s.timeframe) AS during FROM candled.market_session m
      WHERE m.calendar = s.calendar AND m.extended_opens_at > lower(range) - interval '1 day'
        AND m.extended_opens_at < upper(range) + interval '1 day'
      OFFSET 0
    ) m
    WHERE s.timeframe NOT IN ('1w', '1mo') AND m.during && range AND s.covered @> m.during
  ), kept AS (
    INSERT INTO candled.series_session AS k (series_id, session_date, bars, hash, complete_at)
    SELECT series_id, session_date, coalesce(c.bars, 0), coalesce(c.hash, '\x00000000000000000000000000000000'),
           CASE WHEN w.series_id IS NOT NULL THEN $7::timestamptz END
    FROM change c FULL JOIN whole w USING (series_id, session_date)
    ON CONFLICT (series_id, session_date)
    DO UPDATE SET bars = k.bars + EXCLUDED.bars, hash = candled.add_hashes(k.hash, EXCLUDED.hash),
                  complete_at = coalesce(k.complete_at, EXCLUDED.complete_at)
    WHERE EXCLUDED.bars > 0 OR EXCLUDED.hash <> '\x00000000000000000000000000000000' OR k.complete_at IS NULL
    RETURNING k.series_id, k.session_date, k.bars, k.complete_at
  ), completed AS (
    SELECT series_id, min(session_date) AS first, max(session_date) AS last, count(*) AS sessions,
           bool_or(bars = 0) AS has_empty
    FROM kept WHERE complete_at = $7::timestamptz GROUP BY series_id
  )
  SELECT c.series_id, c.has_empty,
         pg_notify('candled_session', json_build_object('ticker', t.ticker, 'timeframe', s.timeframe, 'provider', s.provider,
           'first', c.first, 'last', c.last, 'sessions', c.sessions)::text)
  FROM completed c
  JOIN candled.series s USING (series_id)
  CROSS JOIN LATERAL candled.name_on(s.instrument_id, c.last) t
  ORDER BY c.series_id)";

// Which of the given sessions are stored with the same count and hash.
constexpr char known_sql[] = R"(
  SELECT c.series_id, c.session_date
  FROM unnest($1::int4[], $2::date[], $3::int4[], $4::bytea[]) AS c (series_id, session_date, bars, hash)
  JOIN candled.series_session k USING (series_id, session_date)
  WHERE k.bars = c.bars AND k.hash = c.hash)";

struct SessionArrays {
  PgArray series, dates, bars, hashes;

  explicit SessionArrays(SessionChanges const& changes) {
    for (auto const& [key, change] : changes) {
      series.add(key.first);
      dates.add(std::string_view{to_string(Date{key.second})});
      bars.add(change.bars);
      hashes.add(std::string_view{"\\x" + to_hex(change.hash)});
    }
  }
};

TimeRange day_of(Zone const& zone, Date date) {
  return {.from = zone.at(date, Milliseconds{0}), .to = zone.at(next_day(date), Milliseconds{0})};
}

class SessionCounter {
 public:
  explicit SessionCounter(States const& states) : states_(states) {}

  void add(BarRef const& ref) {
    if (auto* const change = find(ref)) {
      ++change->bars;
      change->hash += hash_of(*ref.bar);
    }
  }

  void replace(BarRef const& ref, Bar const& before) {
    if (auto* const change = find(ref)) {
      change->hash += hash_of(*ref.bar);
      change->hash -= hash_of(before);
    }
  }

  SessionChanges take() { return std::move(changes_); }

 private:
  // The last one again, nearly always: bars come in the order of their keys. nullptr: of no session.
  SessionChange* find(BarRef const& ref) {
    auto const start = ref.bar->start;
    if (current_ != nullptr && ref.series == series_ && day_.contains(start)) return current_;
    auto const& state = states_.at(ref.series);
    if (state.timeframe > Timeframe::d1) return nullptr;
    auto const date = state.zone.date_at(start);
    series_ = ref.series;
    day_ = day_of(state.zone, date);
    current_ = &changes_[{series_, std::chrono::sys_days{date}}];
    return current_;
  }

  States const& states_;
  SessionChanges changes_;
  SeriesId series_{};
  TimeRange day_{};
  SessionChange* current_ = nullptr;  // of `series_` and `day_`
};

}  // namespace

SessionChanges session_changes(Verdicts const& written, States const& states) {
  SessionCounter counter{states};
  for (auto const& ref : written.fresh) counter.add(ref);
  for (std::size_t i = 0; i < written.changed.size(); ++i)
    counter.replace(written.changed[i], written.replaced[i]);
  return counter.take();
}

std::map<SeriesId, RangeSet> known_sessions(pqxx::work& work, SessionChanges const& sessions,
                                            States const& states) {
  std::map<SeriesId, RangeSet> known;
  SessionArrays const sent{sessions};
  for (auto const& row : work.exec_params(known_sql, sent.series.text(), sent.dates.text(), sent.bars.text(),
                                          sent.hashes.text())) {
    SeriesId const id{row[0].as<int>()};
    known[id].add(day_of(states.at(id).zone, parse_date(row[1].c_str()).value()));
  }
  return known;
}

std::set<SeriesId> keep_sessions(pqxx::work& work, SessionChanges const& changes, States const& states,
                                 std::string const& seen_at) {
  SessionArrays const changed{changes};
  PgArray newly_series, newly;
  for (auto const& [id, state] : states) {
    auto const ranges = state.newly_covered();
    if (ranges.empty()) continue;
    newly_series.add(id);
    newly.add(ranges);
  }
  std::set<SeriesId> with_empty;
  if (changes.empty() && newly_series.empty()) return with_empty;
  for (auto const& row :
       work.exec_params(keep_sql, changed.series.text(), changed.dates.text(), changed.bars.text(),
                        changed.hashes.text(), newly_series.text(), newly.text(), seen_at))
    if (row[1].as<bool>()) with_empty.insert(SeriesId{row[0].as<int>()});
  return with_empty;
}

}  // namespace candled
