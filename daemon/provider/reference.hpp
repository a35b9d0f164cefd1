// Seam: what a data source says of instruments besides their bars, without any I/O.
#pragma once

#include <string>
#include <vector>

#include "core/corporate_action.hpp"
#include "core/error.hpp"
#include "core/instrument_names.hpp"
#include "http/http_client.hpp"

namespace candled {

enum class ReferenceKind { splits, dividends, ticker_changes };

// One answer's worth.
struct ReferencePage {
  std::vector<CorporateAction> actions;  // of splits and dividends; `line` means nothing
  std::vector<InstrumentName> names;     // of ticker_changes: all that the instrument had, oldest first
  std::string next;                      // the path of the rest; empty: this was the last page
};

class Reference {
 public:
  Reference() = default;
  Reference(Reference const&) = delete;
  Reference& operator=(Reference const&) = delete;
  virtual ~Reference() = default;

  // Where to ask: the provider's newest form first. One that answers 404 may have the next one only.
  virtual std::vector<std::string> paths(ReferenceKind kind, std::string const& ticker) const = 0;
  virtual HttpRequest request(std::string const& path) const = 0;
  // The answer to `request(path)`. The errors of Provider::parse.
  virtual Result<ReferencePage> parse(ReferenceKind kind, std::string const& path,
                                      HttpResponse const& response) const = 0;
};

}  // namespace candled
