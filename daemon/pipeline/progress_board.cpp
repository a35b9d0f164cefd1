#include "pipeline/progress_board.hpp"

#include <algorithm>

namespace candled {

std::shared_ptr<Progress> ProgressBoard::of(std::string const& job, Lane lane) {
  auto const found = std::ranges::find_if(
      all_, [&](auto const& progress) { return progress->job == job && progress->lane == lane; });
  if (found != all_.end()) return *found;
  ++version_;
  return all_.emplace_back(std::make_shared<Progress>(Progress{.job = job, .lane = lane}));
}

void ProgressBoard::forget(std::string const& job) {
  ++version_;
  std::erase_if(all_, [&](auto const& progress) { return progress->job == job; });
}

}  // namespace candled
