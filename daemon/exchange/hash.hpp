// Numbers that look random and are a pure function of what they are made from, on every machine.
#pragma once

#include <cstdint>
#include <string_view>

namespace candled {

// splitmix64's finaliser over both (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
// 2014).
constexpr std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a + 0x9E3779B97F4A7C15U * (b + 1);
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

// FNV-1a, then mixed: std::hash differs between libraries.
constexpr std::uint64_t hash_of(std::string_view text) {
  std::uint64_t x = 0xCBF29CE484222325U;
  for (char const c : text) x = (x ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return mixed(x, text.size());
}

// In [0, 1).
constexpr double fraction(std::uint64_t hash) {
  return static_cast<double>(hash >> 11U) * 0x1p-53;
}

}  // namespace candled
