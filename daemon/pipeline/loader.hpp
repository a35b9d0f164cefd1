// Collects pages into loads and hands them to the store, while fetching goes on.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pipeline/async.hpp"
#include "pipeline/ports.hpp"

namespace candled {

// Bounded: at most `writers` loads are with the store, and who brings more waits. Small pages share a load; a
// load goes when it is full, or a second old: with a slow provider, bars are to be seen soon and a crash
// repeats little.
class Loader {
 public:
  explicit Loader(Ports& ports);

  // Where the next page's bars are appended. They are the load's once `add` is called, before the next await.
  std::vector<Bar>& bars() { return open_.bars; }
  // `slice` are the bars that were appended last.
  void add(LoadSlice slice, std::vector<RejectedBar> rejected);

  // Sends the open load on its way if it is due, and waits while too many are. Error: why no more can be
  // stored.
  Task<Result<void>> make_room();
  // Sends what is left and waits for all. Error: the first that a load met.
  Task<Result<void>> finish();

  // Of all that has been committed so far.
  LoadReport const& stored() const { return stored_; }

 private:
  void send_open();
  void send(Load load);
  Task<void> commit(Load load);
  Task<Result<LoadReport>> load_until_done(Load const& load);

  Ports& ports_;
  TaskGroup loads_;
  Load open_;
  SteadyTime opened_at_{};
  LoadReport stored_;
  std::optional<Error> error_;
};

}  // namespace candled
