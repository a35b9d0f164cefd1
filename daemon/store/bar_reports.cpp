#include "store/bar_reports.hpp"

#include <fmt/format.h>

#include "store/report_rows.hpp"

namespace candled {

namespace {

// The changes of the bars that the view `bars` shows.
constexpr std::string_view changes_of_series = R"(
    FROM candled.bar_changes c
    WHERE ticker = $1 AND timeframe = $2 AND ts >= $3 AND ts < $4
      AND EXISTS (SELECT FROM candled.shown_series s
                  JOIN candled.instrument_ticker t USING (instrument_id)
                  WHERE t.ticker = $1 AND s.timeframe = $2 AND s.provider = c.provider
                    AND c.ts >= s.from_ts AND c.ts < s.until_ts))";

std::string bars_sql() {
  return fmt::format(R"(
    SELECT {}, open, high, low, close, volume, vwap, trade_count, ts IN (SELECT ts {})
    FROM (SELECT * FROM candled.bars WHERE ticker = $1 AND timeframe = $2 AND ts >= $3 AND ts < $4
          ORDER BY ts DESC LIMIT $5) b ORDER BY ts)",
                     time_sql("ts"), changes_of_series);
}

std::string changes_sql() {
  return fmt::format(
      "SELECT {}, open, high, low, close, volume, vwap, trade_count, existed, {} {} "
      "ORDER BY ts, seen_at LIMIT $5",
      time_sql("ts"), time_sql("seen_at"), changes_of_series);
}

template <class Value>
std::optional<Value> optional_of(pqxx::field const& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<Value>();
}

BarValues values_of(pqxx::row const& row) {
  return {.open = row[1].as<double>(),
          .high = row[2].as<double>(),
          .low = row[3].as<double>(),
          .close = row[4].as<double>(),
          .volume = row[5].as<double>(),
          .vwap = optional_of<double>(row[6]),
          .trade_count = optional_of<std::int64_t>(row[7])};
}

BarRow bar_row(pqxx::row const& row) {
  return {.ts = time(row[0]), .values = values_of(row), .revised = row[8].as<bool>()};
}

BarChangeRow change_row(pqxx::row const& row) {
  BarChangeRow change{.ts = time(row[0]), .seen_at = time(row[9]), .before = std::nullopt};
  if (row[8].as<bool>()) change.before = values_of(row);
  return change;
}

template <class Row>
Result<std::vector<Row>> read(Secret const& url, std::string const& sql, BarsWish const& wish,
                              Row (*make_row)(pqxx::row const&)) {
  auto const ask = [&](pqxx::work& work) {
    return work.exec_params(sql, wish.ticker, wish.timeframe, pg_text(wish.during.from),
                            pg_text(wish.during.to), wish.limit);
  };
  return read_rows(url, ask, make_row);
}

}  // namespace

Result<std::vector<BarRow>> read_bars(Secret const& url, BarsWish const& wish) {
  return read(url, bars_sql(), wish, bar_row);
}

Result<std::vector<BarChangeRow>> read_bar_changes(Secret const& url, BarsWish const& wish) {
  return read(url, changes_sql(), wish, change_row);
}

}  // namespace candled
