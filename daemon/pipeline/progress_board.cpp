#include "pipeline/progress_board.hpp"

#include <algorithm>

namespace candled {

Progress& ProgressBoard::of(std::string const& job, Lane lane) {
  auto const found = std::ranges::find_if(
      all_, [&](Progress const& progress) { return progress.job == job && progress.lane == lane; });
  if (found != all_.end()) return *found;
  all_.push_back({.job = job, .lane = lane});
  return all_.back();
}

void ProgressBoard::forget(std::string const& job) {
  std::erase_if(all_, [&](Progress const& progress) { return progress.job == job; });
}

}  // namespace candled
