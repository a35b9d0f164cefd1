// Takes over splits and dividends. Blocking: for commands, not for the loop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/corporate_action.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"
#include "store/import_names.hpp"

namespace candled {

struct ImportedActions {
  std::vector<LineProblem> refused;  // not empty: nothing was changed
  std::int64_t added = 0;
  std::int64_t changed = 0;    // said otherwise before; what was said stays, with when it was replaced
  std::int64_t withdrawn = 0;  // said before, and not any more
  std::int64_t unchanged = 0;
  std::int64_t left_out = 0;  // of tickers that named nobody then
};

// An action of a ticker that named nobody on its ex date and the day before.
enum class UnknownTicker { refuse, leave_out };

// What a source said.
struct SaidActions {
  std::string source;
  std::vector<CorporateAction> actions;
  // Of these tickers it has said all there is: what it said before and does not say now is withdrawn.
  std::vector<std::string> whole = {};
  UnknownTicker unknown = UnknownTicker::refuse;
};

// One transaction; told again, it changes nothing. Of several actions with one id the first counts. Errors:
// db_unavailable, db_in_doubt (do it again), db_refused, db_denied.
Result<ImportedActions> import_actions(Secret const& url, SaidActions const& said, ImportMode mode);

}  // namespace candled
