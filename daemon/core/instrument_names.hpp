// Which instrument had which ticker when, as a file or a provider says it.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/csv_lines.hpp"
#include "core/time.hpp"

namespace candled {

struct InstrumentName {
  int line = 0;            // of the file; of no meaning where there is none
  std::string instrument;  // what it is called wherever its ticker changes: a FIGI, or any name
  std::string ticker;
  std::optional<Date> first;  // the first and the last day on which it was the ticker; nullopt: no end known
  std::optional<Date> last;
  std::string exchange;  // empty: not said
};

// CSV with the columns instrument, ticker and, where they are known, first_date, last_date (both days
// included) and exchange. Problems: see read_csv; values that are missing, or no dates, or in the wrong
// order; days on which two instruments would have one ticker, or one instrument two.
std::expected<std::vector<InstrumentName>, std::vector<LineProblem>> parse_instrument_names(
    std::string_view text);

// The last of these problems alone, for names that no file said.
std::vector<LineProblem> overlaps(std::vector<InstrumentName> const& names);

}  // namespace candled
