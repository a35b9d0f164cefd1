// What a bar says, in 16 bytes, so that two databases can be compared session by session.
#pragma once

#include <cstdint>
#include <string>

#include "core/bar.hpp"

namespace candled {

// The first 16 bytes of SHA-256, as two big-endian numbers. Sums of these wrap around, so the sum over a
// session's bars does not depend on the order in which they came, and a bar can be taken out of it again.
struct BarHash {
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  BarHash& operator+=(BarHash other);
  BarHash& operator-=(BarHash other);
  friend bool operator==(BarHash, BarHash) = default;
};

// The 32 hexadecimal digits of a hash.
std::string to_hex(BarHash hash);

// As candled.bar_hash() in SQL: over the bar's start (int8, microseconds since 2000-01-01 UTC), open, high,
// low, close, volume and vwap (float8) and trade_count (int4), each big-endian. A value that is not given is
// the quiet NaN, and zero has no sign. About 0.15 µs.
BarHash hash_of(Bar const& bar);

}  // namespace candled
