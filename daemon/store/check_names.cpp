#include "store/check_names.hpp"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "store/pg_text.hpp"

namespace candled {

namespace {

// A week or month is of the ticker of its first session to its end, and the database says where its bars
// begin.
constexpr char other_names_sql[] = R"(
  SELECT a.ticker
  FROM unnest($1::int4[], $2::text[], $3::text[]) AS a (series_id, ticker, proven)
  JOIN candled.series s USING (series_id)
  CROSS JOIN LATERAL unnest(a.proven::tstzmultirange) AS r
  WHERE NOT EXISTS (
    SELECT FROM candled.instrument_ticker n
    WHERE n.instrument_id = s.instrument_id AND n.ticker = a.ticker
      AND candled.named_from(n.valid, s.calendar, s.timeframe) <= lower(r)
      AND candled.named_until(n.valid, s.calendar, s.timeframe) > upper(r) - interval '1 millisecond')
  LIMIT 1)";

}  // namespace

void check_names(pqxx::work& work, Load const& load) {
  std::map<std::pair<SeriesId, std::string_view>, RangeSet> asked;
  for (auto const& slice : load.slices)
    if (!slice.ticker.empty()) asked[{slice.series, slice.ticker}].add(slice.proven);
  PgArray series, tickers, proven;
  for (auto const& [key, ranges] : asked) {
    if (ranges.empty()) continue;
    series.add(key.first);
    tickers.add(key.second);
    proven.add(ranges);
  }
  if (series.empty()) return;
  auto const others = work.exec_params(other_names_sql, series.text(), tickers.text(), proven.text());
  if (!others.empty())
    throw std::runtime_error(
        fmt::format("{} was asked for as the ticker of an instrument that had another one then: instruments "
                    "have been imported meanwhile; the next run asks again, under the right one",
                    others[0][0].c_str()));
}

}  // namespace candled
