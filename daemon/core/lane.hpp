// The four kinds of work that share one budget.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace candled {

// In the order in which they get the budget: today's bars, then gaps, then reading again what may have
// changed, then history. None is starved by those before it (Pacer).
enum class Lane { live, repair, settle, backfill };

inline constexpr std::array lanes{Lane::live, Lane::repair, Lane::settle, Lane::backfill};

constexpr std::string_view to_string(Lane lane) {
  constexpr std::array<std::string_view, lanes.size()> names{"live", "repair", "settle", "backfill"};
  return names.at(static_cast<std::size_t>(lane));
}

}  // namespace candled
