#include "core/today_refusals.hpp"

#include <algorithm>

namespace candled {

void TodayRefusals::refused(SeriesId series, UtcTime at, UtcTime today) {
  if (today != today_) refused_at_.clear();
  today_ = today;
  refused_at_[series] = at;
}

void TodayRefusals::answered(SeriesId series, UtcTime today) {
  refused_at_.erase(series);
  given_on_ = today;
}

std::optional<UtcTime> TodayRefusals::refused_at(SeriesId series, UtcTime today,
                                                 Horizons const& horizons) const {
  if (today != today_) return std::nullopt;
  if (auto const own = refused_at_.find(series); own != refused_at_.end()) return own->second;
  if (given_on_ == today) return std::nullopt;
  std::optional<UtcTime> first;
  for (auto const& [other, at] : refused_at_) {
    if (!horizons.has_answers(other)) continue;
    if (first) return std::min(*first, at);
    first = at;
  }
  return std::nullopt;
}

}  // namespace candled
