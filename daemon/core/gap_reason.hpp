// Why a range that should be there is not.
#pragma once

#include <array>
#include <map>
#include <string_view>

namespace candled {

// As in the column candled.gap.reason, which says what each means. provider_empty is found by the store
// alone: sessions that were answered without a single bar. (never_asked is no row but a hole that no gap
// explains.)
enum class GapReason { fetch_failed, not_entitled, rejected, horizon, provider_empty };

inline constexpr std::array gap_reasons{GapReason::fetch_failed, GapReason::not_entitled, GapReason::rejected,
                                        GapReason::horizon, GapReason::provider_empty};

constexpr std::string_view to_string(GapReason reason) {
  switch (reason) {
    case GapReason::fetch_failed: return "fetch_failed";
    case GapReason::not_entitled: return "not_entitled";
    case GapReason::rejected: return "rejected";
    case GapReason::horizon: return "horizon";
    case GapReason::provider_empty: return "provider_empty";
  }
  return "fetch_failed";
}

// How many gaps there are; a reason that is not in it has none.
using GapCounts = std::map<GapReason, int>;

}  // namespace candled
