#include "store/series_names.hpp"

#include <fmt/format.h>

#include "store/pg_text.hpp"

namespace candled {

namespace {

std::string names_sql() {
  return fmt::format(R"(
    SELECT s.series_id, n.ticker, {}, {}
    FROM candled.series s JOIN candled.instrument_ticker n USING (instrument_id)
    WHERE s.series_id = ANY ($1::int4[]) AND n.valid <> '(,)'
    ORDER BY s.series_id, n.valid)",
                     time_sql("nullif(candled.named_from(n.valid, s.calendar, s.timeframe), '-infinity')"),
                     time_sql("nullif(candled.named_until(n.valid, s.calendar, s.timeframe), 'infinity')"));
}

}  // namespace

std::map<SeriesId, std::vector<Name>> read_names(pqxx::work& work, std::vector<SeriesId> const& series) {
  PgArray ids;
  for (auto const id : series) ids.add(id);
  std::map<SeriesId, std::vector<Name>> names;
  for (auto const& row : work.exec_params(names_sql(), ids.text())) {
    TimeRange const during{.from = row[2].is_null() ? UtcTime::min() : parse_time(row[2].c_str()),
                           .to = row[3].is_null() ? UtcTime::max() : parse_time(row[3].c_str())};
    names[SeriesId{row[0].as<int>()}].push_back({.ticker = row[1].as<std::string>(), .during = during});
  }
  return names;
}

}  // namespace candled
