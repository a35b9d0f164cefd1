#include "core/length_counts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace candled {

namespace {

constexpr double growth = 1.05;

}  // namespace

void LengthCounts::add(Seconds took) {
  auto const milliseconds = took.count() * 1000.0;
  auto const place = milliseconds <= 1.0 ? 0.0 : std::ceil(std::log(milliseconds) / std::log(growth));
  ++counts_.at(std::min(classes - 1, static_cast<std::size_t>(place)));
}

void LengthCounts::add(LengthCounts const& others) {
  for (std::size_t i = 0; i < classes; ++i) counts_.at(i) += others.counts_.at(i);
}

LengthCounts LengthCounts::since(LengthCounts const& earlier) const {
  auto counts = *this;
  for (std::size_t i = 0; i < classes; ++i) counts.counts_.at(i) -= earlier.counts_.at(i);
  return counts;
}

std::int64_t LengthCounts::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

std::optional<Milliseconds> LengthCounts::percentile(double share) const {
  auto const all = count();
  if (all == 0) return std::nullopt;
  auto const rank = std::clamp(static_cast<std::int64_t>(std::ceil(share * static_cast<double>(all))),
                               std::int64_t{1}, all);
  std::size_t place = 0;
  for (auto so_far = counts_.front(); so_far < rank; so_far += counts_.at(place)) ++place;
  return Milliseconds{std::llround(std::ceil(std::pow(growth, static_cast<double>(place))))};
}

}  // namespace candled
