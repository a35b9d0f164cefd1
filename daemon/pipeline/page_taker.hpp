// From an answer to its share of a load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/check_bars.hpp"
#include "pipeline/job.hpp"
#include "pipeline/loader.hpp"
#include "pipeline/ports.hpp"

namespace candled {

// Time spent at work, not waiting.
using Busy = std::chrono::nanoseconds;

class PageTaker {
 public:
  // All must outlive it.
  PageTaker(Ports& ports, Job const& job, Loader& loader, UtcTime planned_at)
      : ports_(ports), job_(job), loader_(loader), planned_at_(planned_at) {}

  // Parses and checks the answer to a request for `rest` that was made at `asked_at`, and adds what is good
  // to the open load. Without an await: the bars at the end of the open load are this page's. malformed, too:
  // by the provider's clock it was a day or more before the question, or after now: one of the two is wrong,
  // and what an answer proves depends on it.
  Result<Page> take(Window const& rest, UtcTime asked_at, HttpResponse& response);

  // When what failed with the error that `take` gave last is asked for again, where the usual time would be
  // wrong.
  std::optional<UtcTime> again_at(Error const& error) const {
    return error.kind == ErrorKind::malformed ? again_at_ : std::nullopt;
  }

  // What all pages of a batch came to.
  struct Taken {
    std::int64_t pages = 0;
    std::int64_t bars = 0;  // good ones
    std::int64_t rejected_bars = 0;
    std::vector<FailedWindow> rejected;  // their times, where no good bar came beside them
    std::vector<SeriesId> with_bars;  // series with a bar, good or not; one with several pages several times
    std::vector<SeriesId> unproven;   // as in BatchResult
    std::vector<SeriesId> kept_back;  // as in BatchResult
    Busy parse{0};
    Busy validate{0};
  };
  Taken const& taken() const { return taken_; }

 private:
  // What cannot be true of a page, or be read: its reason in words, and the time of which it leaves nothing
  // known.
  struct Impossible {
    Bar bar;
    std::string reason;
    TimeRange hole;
  };

  Result<void> compare_clocks(UtcTime asked_at, HttpResponse const& response);
  UtcTime by_the_provider(UtcTime asked_at, HttpResponse const& response);
  std::vector<Impossible> impossible_in(Page& page, std::vector<FailedBar> const& failed) const;
  void leave_what_may_come(Window const& rest, UtcTime published, Page& page, std::size_t first);
  // What the last page of a window does not prove, and why.
  void note_unproven(Window const& rest, UtcTime asked_at, Page const& page);
  std::vector<LoadSlice::SettledPart> settled_by(RangeSet const& proven, UtcTime asked_at) const;
  LoadSlice slice_of(Window const& rest, Page const& page, std::size_t first,
                     std::vector<Impossible> const& impossible);
  Busy since(SteadyTime start) const { return ports_.clock.ticks() - start; }

  Ports& ports_;
  Job const& job_;
  Loader& loader_;
  UtcTime planned_at_;  // by a clock that may have been set back since
  Taken taken_;
  std::optional<UtcTime> again_at_;
  bool told_of_the_clock_ = false;
  bool told_of_a_count_ = false;
};

}  // namespace candled
