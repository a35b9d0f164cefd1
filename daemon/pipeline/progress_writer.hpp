// Tells in the database and in the log how far the daemon's work is.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/clock.hpp"
#include "pipeline/progress_board.hpp"
#include "pipeline/progress_words.hpp"
#include "pipeline/source.hpp"
#include "store/ledger.hpp"

namespace candled {

// The row of a lane's work: what it does, how far it is, when it may end.
JobProgressRow progress_row(Progress const& progress, Look const& look);

class ProgressWriter {
 public:
  // The source of a provider's name; nullptr: there is none.
  using FindSource = std::function<Source const*(std::string const& provider)>;

  // All must outlive it.
  ProgressWriter(Ledger& ledger, ProgressBoard const& board, Clock& clock, FindSource find_source)
      : ledger_(ledger), board_(board), clock_(clock), find_source_(std::move(find_source)) {}

  // Until the clock stops: looks every two seconds, and renews the rows when something has changed, or has
  // not for long, so that they are known to be of now. A lane that works for long leaves a line a minute in
  // the log while it moves. In the end there are no rows. A database that is away is no error: the rows are
  // renewed later.
  Task<void> run();

 private:
  using LaneOfJob = std::pair<std::string, Lane>;
  struct Told {
    SteadyTime at;
    std::int64_t requests = 0;
  };

  Look look_at(Progress const& progress) const;
  std::vector<JobProgressRow> rows() const;
  bool changed(std::vector<JobProgressRow> const& rows) const;
  void tell_log();

  Ledger& ledger_;
  ProgressBoard const& board_;
  Clock& clock_;
  FindSource find_source_;
  std::optional<std::uint64_t> shown_version_;  // nullopt: nothing is shown yet
  SteadyTime shown_at_{};
  std::vector<JobProgressRow> shown_;
  std::map<LaneOfJob, Told> told_;
};

}  // namespace candled
