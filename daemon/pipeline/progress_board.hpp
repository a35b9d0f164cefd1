// What the daemon is doing now, for all who want to know: the log, the database, later the dashboard.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/progress.hpp"

namespace candled {

class ProgressBoard {
 public:
  // The progress of one lane of one job, made when asked for first. It lives as long as its work, though it
  // may be forgotten here before: a job that a reload ends still finishes its pages.
  std::shared_ptr<Progress> of(std::string const& job, Lane lane);
  // A job that is gone.
  void forget(std::string const& job);

  std::vector<std::shared_ptr<Progress>> const& all() const { return all_; }
  // Grows with every change of any of them.
  std::uint64_t version() const { return version_; }

  // A progress has changed: tells the listener. Cheap enough to be called for every page.
  void changed(Progress const& progress) {
    ++version_;
    listener_(progress);
  }
  // On the loop, once for every event: what it does must be short.
  void listen(std::function<void(Progress const&)> listener) { listener_ = std::move(listener); }

 private:
  std::vector<std::shared_ptr<Progress>> all_;
  std::uint64_t version_ = 0;
  std::function<void(Progress const&)> listener_ = [](Progress const&) {};
};

}  // namespace candled
