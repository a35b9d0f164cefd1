// The dashboard's files, as CMake builds them into the program (tools/cmake/embed_dashboard.cmake).
#pragma once

#include <span>
#include <string_view>

namespace candled {

// One file. All three live as long as the program.
struct Asset {
  std::string_view
      path;  // "/index.html", which answers at "/", and "/assets/NAME-HASH.js": what it holds is in its name
  std::string_view type;     // for Content-Type
  std::string_view gzipped;  // its bytes, gzipped: a client that takes no gzip gets them unpacked
};

// By path, in order of bytes. The page works with `default-src 'none'; script-src 'self'; style-src 'self';
// img-src 'self' data:; connect-src 'self'`: nothing is inline, and no other host is asked.
std::span<Asset const> dashboard_assets();

}  // namespace candled
