#include "store/update_bars.hpp"

#include <algorithm>
#include <iterator>

#include "store/pg_text.hpp"

namespace candled {

namespace {

constexpr char update_sql[] = R"(
  WITH incoming AS (
    SELECT * FROM unnest($1::int4[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[],
                         $7::float8[], $8::float8[], $9::int4[])
      AS i (series_id, ts, open, high, low, close, volume, vwap, trade_count)
  ), kept AS (
    INSERT INTO candled.bar_revision (seen_at, ts, open, high, low, close, volume, vwap, series_id, trade_count)
    SELECT $12::timestamptz, b.ts, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.series_id, b.trade_count
    FROM candled.bar b JOIN incoming i USING (series_id, ts)
    WHERE b.ts >= $10::timestamptz AND b.ts <= $11::timestamptz
  )
  UPDATE candled.bar b
  SET open = i.open, high = i.high, low = i.low, close = i.close, volume = i.volume, vwap = i.vwap,
      trade_count = i.trade_count
  FROM incoming i
  WHERE b.series_id = i.series_id AND b.ts = i.ts AND b.ts >= $10::timestamptz AND b.ts <= $11::timestamptz)";

// NaN and -1 where nothing was: the same as not given.
constexpr char late_sql[] = R"(
  INSERT INTO candled.bar_revision (seen_at, ts, open, high, low, close, volume, vwap, series_id, trade_count, existed)
  SELECT $3::timestamptz, ts, 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', series_id, -1, false
  FROM unnest($1::int4[], $2::timestamptz[]) AS i (series_id, ts))";

}  // namespace

void update_bars(pqxx::work& work, std::span<BarRef const> bars, std::string const& seen_at) {
  PgArray series, ts, open, high, low, close, volume, vwap, trade_count;
  auto first = bars.front().bar->start;
  auto last = first;
  for (auto const& [id, bar] : bars) {
    series.add(id);
    ts.add(bar->start);
    open.add(bar->open);
    high.add(bar->high);
    low.add(bar->low);
    close.add(bar->close);
    volume.add(bar->volume);
    vwap.add(bar->vwap);
    trade_count.add(bar->trade_count);
    first = std::min(first, bar->start);
    last = std::max(last, bar->start);
  }
  work.exec_params(update_sql, series.text(), ts.text(), open.text(), high.text(), low.text(), close.text(),
                   volume.text(), vwap.text(), trade_count.text(), pg_text(first), pg_text(last), seen_at);
}

std::vector<BarRef> late_bars(std::span<BarRef const> fresh, States const& states) {
  std::vector<BarRef> late;
  for (auto const& ref : fresh) {
    auto const& covered = states.at(ref.series).covered.ranges();
    auto const after = std::ranges::upper_bound(covered, ref.bar->start, {}, &TimeRange::from);
    if (after != covered.begin() && std::prev(after)->contains(ref.bar->start)) late.push_back(ref);
  }
  return late;
}

void keep_late_bars(pqxx::work& work, std::span<BarRef const> bars, std::string const& seen_at) {
  if (bars.empty()) return;
  PgArray series, ts;
  for (auto const& [id, bar] : bars) {
    series.add(id);
    ts.add(bar->start);
  }
  work.exec_params(late_sql, series.text(), ts.text(), seen_at);
}

}  // namespace candled
