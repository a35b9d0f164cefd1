// Splits and dividends, as a file or a provider says them.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/csv_lines.hpp"
#include "core/time.hpp"

namespace candled {

enum class ActionKind { split, dividend };
std::string_view to_string(ActionKind kind);

struct CorporateAction {
  int line = 0;        // of the file; of no meaning where there is none
  std::string ticker;  // on the ex date
  ActionKind kind = ActionKind::split;
  Date ex_date{};        // the first day that trades after the split, or without the dividend
  double value = 0;      // split: new shares for each old one; dividend: cash a share
  std::string currency;  // empty: not said
  std::string id;        // what the source calls it; no two of a source have the same
};

// CSV with the columns ticker, kind, ex_date, value and, where they are known, currency and id. A split's
// value is "new:old" or a number. An id that is missing is made of ticker, kind and date. Problems: see
// read_csv; values that cannot be; an id that comes twice.
std::expected<std::vector<CorporateAction>, std::vector<LineProblem>> parse_corporate_actions(
    std::string_view text);

}  // namespace candled
