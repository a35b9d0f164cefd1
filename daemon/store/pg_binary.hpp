// Values in PostgreSQL's binary formats.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>

#include "core/time.hpp"

namespace candled {

// PostgreSQL counts microseconds from 2000-01-01 UTC ("Date/Time Types": timestamptz is 8 bytes, 1
// microsecond).
inline constexpr std::chrono::sys_days postgres_epoch = std::chrono::year{2000} / 1 / 1;

inline std::int64_t to_postgres(UtcTime time) {
  return std::chrono::microseconds{time - postgres_epoch}.count();
}

inline UtcTime from_postgres(std::int64_t microseconds) {
  return UtcTime{postgres_epoch} + std::chrono::floor<Milliseconds>(std::chrono::microseconds{microseconds});
}

template <class Unsigned>
Unsigned big_endian(Unsigned value) {
  if constexpr (std::endian::native == std::endian::little) return std::byteswap(value);
  return value;
}

}  // namespace candled
