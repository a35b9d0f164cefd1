// Takes over which instrument had which ticker when, and puts what is stored under the right one. Blocking:
// for commands, not for the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/instrument_names.hpp"
#include "core/secret.hpp"

namespace candled {

// Days on which a ticker names another instrument than before. Instruments as people know them: the
// identifier, or "#12" of one without; empty: none.
struct NameChange {
  std::string ticker;
  std::optional<Date> first;  // both days included; nullopt: open
  std::optional<Date> last;
  std::string was;
  std::string now;
  std::int64_t bars = 0;  // that went from the one to the other
};

struct ImportedNames {
  std::vector<LineProblem> refused;     // not empty: nothing was changed
  std::vector<std::string> identified;  // "#12 is BBG000MM2P62": instruments that had no identifier
  std::vector<NameChange> changes;
};

enum class ImportMode { apply, dry_run };

// What `names` (without overlaps) say is all there is to know of the instruments that they name, and of the
// days of the tickers that they name. An instrument without an identifier that has an instrument's last
// ticker to its end becomes that instrument, with its series. Bars and what is known of them (coverage,
// revisions, gaps) were asked for under a ticker, and so go with each of its days to whose ticker it was;
// days that `names` give to nobody stay with the instrument without identifier that had them last, or go to a
// new one if there are bars. One transaction; told again, it changes nothing.
// Refused: a ticker's days that belong to another identifier which `names` do not mention; bars of which
// nobody can say under which ticker they were asked for.
// Errors: db_unavailable, db_in_doubt (do it again), db_refused, db_denied.
Result<ImportedNames> import_names(Secret const& url, std::vector<InstrumentName> const& names,
                                   ImportMode mode);

}  // namespace candled
