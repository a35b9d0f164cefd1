#include "core/size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace candled {

namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t bytes;
};

// Largest first, so that the first unit that divides a number is the one to print it in.
constexpr std::array units{Unit{"TiB", 1LL << 40},
                           Unit{"TB", 1'000'000'000'000},
                           Unit{"GiB", 1LL << 30},
                           Unit{"GB", 1'000'000'000},
                           Unit{"MiB", 1LL << 20},
                           Unit{"MB", 1'000'000},
                           Unit{"KiB", 1LL << 10},
                           Unit{"KB", 1'000},
                           Unit{"B", 1}};

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text) {
  std::int64_t count = 0;
  auto const [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0) return std::nullopt;
  std::string_view const suffix{rest, text.data() + text.size()};
  auto const unit = std::ranges::find(units, suffix.empty() ? "B" : suffix, &Unit::suffix);
  if (unit == units.end()) return std::nullopt;
  if (count > std::numeric_limits<std::int64_t>::max() / unit->bytes) return std::nullopt;
  return count * unit->bytes;
}

std::string size_to_string(std::int64_t bytes) {
  auto const unit = std::ranges::find_if(
      units, [&](Unit const& candidate) { return bytes >= candidate.bytes && bytes % candidate.bytes == 0; });
  return unit == units.end() ? fmt::format("{}B", bytes)
                             : fmt::format("{}{}", bytes / unit->bytes, unit->suffix);
}

std::string size_in_words(std::int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array names{"KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t name = 0;
  for (; value >= 1024 && name + 1 < names.size(); ++name) value /= 1024;
  return fmt::format("{:.1f} {}", value, names[name]);
}

}  // namespace candled
