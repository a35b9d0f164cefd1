#include "control/page_answer.hpp"

#include <algorithm>

#include "control/gzip.hpp"

namespace candled {

namespace {

// Nothing but our own files, nothing inline, no other host; data: is for images that a chart draws itself.
constexpr auto policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

}  // namespace

ControlAnswer page_answer(ControlRequest const& request, std::span<Asset const> assets) {
  auto const path = request.path() == "/" ? "/index.html" : request.path();
  auto const asset = std::ranges::find(assets, path, &Asset::path);
  if (asset == assets.end())
    return problem(request, 404, "not_found", "the dashboard has no such file: load its page again");
  bool const is_page = request.path() == "/";
  ControlAnswer answer{
      .type = std::string{asset->type},
      .body = {},
      .headers = {{"Cache-Control", is_page ? "no-cache" : "public, max-age=31536000, immutable"},
                  {"Content-Security-Policy", policy},
                  {"Vary", "Accept-Encoding"}}};
  auto const* const encodings = request.header("Accept-Encoding");
  bool const packed = encodings != nullptr && accepts_gzip(*encodings);
  answer.body = packed ? std::string{asset->gzipped} : ungzipped(asset->gzipped);
  if (packed) answer.headers.emplace_back("Content-Encoding", "gzip");
  return answer;
}

}  // namespace candled
