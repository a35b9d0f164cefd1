// The migrations that this build knows: migrations/*.sql, compiled in (tools/cmake/embed_migrations.cmake).
#pragma once

#include <span>
#include <string_view>

namespace candled {

struct Migration {
  int version;              // 1, 2, 3 …
  std::string_view name;    // the file's
  std::string_view sha256;  // of the file, hexadecimal
  std::string_view sql;
};

// Oldest first, without holes.
std::span<Migration const> embedded_migrations();

}  // namespace candled
