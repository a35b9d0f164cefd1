// What the daemon is doing now, for all who want to know: the log, the database, later the dashboard.
#pragma once

#include <functional>
#include <list>
#include <string>

#include "pipeline/progress.hpp"

namespace candled {

class ProgressBoard {
 public:
  // The progress of one lane of one job, made when asked for first. The reference stays good.
  Progress& of(std::string const& job, Lane lane);
  // A job that is gone.
  void forget(std::string const& job);

  std::list<Progress> const& all() const { return all_; }

  // One of `all` has changed: tells the listener. Cheap enough to be called for every page.
  void changed(Progress const& progress) const { listener_(progress); }
  // On the loop, once for every event: what it does must be short.
  void listen(std::function<void(Progress const&)> listener) { listener_ = std::move(listener); }

 private:
  std::list<Progress> all_;
  std::function<void(Progress const&)> listener_ = [](Progress const&) {};
};

}  // namespace candled
