#include "pipeline/database_watch.hpp"

#include "pipeline/log.hpp"

namespace candled {

namespace {

constexpr std::chrono::seconds quiet_for{1};

}  // namespace

void DatabaseWatch::away(std::string const& why, SteadyTime now) {
  ++failed_calls_;
  bool const begins = !why_away_;
  why_away_ = why;
  if (begins) {
    since_ = now;
    told_ = false;
  }
  if (told_ || (told_at_ && now - *told_at_ < quiet_for)) return;
  told_ = true;
  told_at_ = now;
  log_warn("the database is not there, work waits for it: {}", why);
}

void DatabaseWatch::back(SteadyTime now) {
  if (!why_away_) return;
  if (told_)
    log_info("the database is back after {} and {} tries",
             in_words(std::chrono::duration_cast<Milliseconds>(now - since_)), failed_calls_);
  why_away_.reset();
  failed_calls_ = 0;
}

}  // namespace candled
