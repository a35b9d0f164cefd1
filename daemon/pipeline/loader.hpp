// Collects pages into loads and hands them to the store, while fetching goes on.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pipeline/async.hpp"
#include "pipeline/ports.hpp"

namespace candled {

// A load older than this goes although it is not full.
inline constexpr Milliseconds open_load_age_max{1'000};

// Bounded: while more loads than writers are with the store, of whatever batch, who brings a page waits; so
// there is never more than that and a page a lane. Small pages share a load; a load goes when it is full, a
// second old, or when the next page takes longer than that: bars are to be seen soon, and a crash is to
// repeat little.
class Loader {
 public:
  explicit Loader(Ports& ports);

  // Where the next page's bars are appended. They are the load's once `add` is called, before the next await.
  std::vector<Bar>& bars();
  // `slice` are the bars that were appended last.
  void add(LoadSlice slice, std::vector<RejectedBar> rejected);

  // Sends the open load on its way if it is due, and waits while too many are. Error: why no more can be
  // stored.
  Task<Result<void>> make_room(Milliseconds next_page_in);
  // Sends it at once, if there is one.
  void send_open();
  // Sends what is left and waits for all. Error: the first that a load met.
  Task<Result<void>> finish();

  // Of all that has been committed so far.
  LoadReport const& stored() const { return stored_; }

 private:
  Task<void> commit(Load load);

  Ports& ports_;
  TaskGroup loads_;
  Load open_;
  SteadyTime opened_at_{};
  LoadReport stored_;
  std::optional<Error> error_;
};

}  // namespace candled
