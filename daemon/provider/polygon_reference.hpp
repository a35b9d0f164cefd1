// Polygon.io, now Massive: splits, dividends and ticker changes. The first two have a form since February
// 2026
// (/stocks/v1/…) and one before (/v3/reference/…), with the same names for what is read here
// (massive.com/docs/rest/stocks/corporate-actions, read 2026-11-22).
#pragma once

#include <string>

#include "core/secret.hpp"
#include "provider/reference.hpp"

namespace candled {

// A split or dividend without an id gets one made of ticker, kind, date and value. Ticker
// changes are those of the instrument that has the ticker now or had it last, told by its FIGI; the answer
// says when each ticker began: the next one's beginning ends it, and the last has no end. An instrument
// without a FIGI has no names here. malformed: an answer that breaks the contract, that contradicts itself (a
// count that is not the number of rows, rows of another ticker, the text of a refusal beside OK), or whose
// next_url leads to another host or path.
class PolygonReference final : public Reference {
 public:
  // As PolygonProvider's.
  PolygonReference(std::string base_url, Secret api_key);

  std::vector<std::string> paths(ReferenceKind kind, std::string const& ticker) const override;
  HttpRequest request(std::string const& path) const override;
  Result<ReferencePage> parse(ReferenceKind kind, std::string const& path,
                              HttpResponse const& response) const override;

 private:
  std::string base_url_;
  Secret api_key_;
};

}  // namespace candled
