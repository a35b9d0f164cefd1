#include "pipeline/supervisor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <list>
#include <optional>

#include "pipeline/async.hpp"
#include "pipeline/job_keeper.hpp"
#include "pipeline/log.hpp"
#include "pipeline/request_worker.hpp"

namespace candled {

using namespace std::chrono_literals;

struct Supervisor::State {
  State(Ports const& all_ports, Run this_run, Ledger& the_ledger, ProgressBoard& the_board)
      : ports(all_ports), work{ports, this_run, the_board, {}}, ledger(the_ledger), tasks(ports.loop) {}

  void start(JobSetup setup);
  void end(JobKeeper& keeper);
  Task<void> keep(std::shared_ptr<JobKeeper> keeper);

  Ports ports;
  SharedWork work;
  Ledger& ledger;
  std::list<std::shared_ptr<JobKeeper>> keepers;
  TaskGroup tasks;
};

void Supervisor::State::start(JobSetup setup) {
  auto keeper = std::make_shared<JobKeeper>(work, std::move(setup));
  keepers.push_back(keeper);
  tasks.spawn(keep(keeper));
}

// The keeper stays until its last page is committed, although nobody lists it any more.
void Supervisor::State::end(JobKeeper& keeper) {
  keeper.stop();
  work.board.forget(keeper.setup().job->name);
}

Task<void> Supervisor::State::keep(std::shared_ptr<JobKeeper> keeper) {
  co_await keeper->run();
}

Supervisor::Supervisor(Ports const& ports, Run run, Ledger& ledger, ProgressBoard& board)
    : state_(std::make_unique<State>(ports, run, ledger, board)) {}

Supervisor::~Supervisor() = default;

Task<Result<void>> Supervisor::run(std::vector<JobSetup> jobs) {
  auto& state = *state_;
  for (auto& job : jobs) state.start(std::move(job));
  RequestWorker requests{state.work, state.ledger, [&state](std::string const& name) {
                           auto const found = std::ranges::find(state.keepers, name, [](auto const& keeper) {
                             return keeper->setup().job->name;
                           });
                           return found == state.keepers.end() ? JobSetup{} : (*found)->setup();
                         }};
  state.tasks.spawn(requests.run());
  co_await state.tasks.wait_all();
  if (state.work.ended_by) co_return std::unexpected(*state.work.ended_by);
  co_return Result<void>{};
}

std::string Supervisor::apply(std::vector<JobSetup> jobs) {
  auto& keepers = state_->keepers;
  std::vector<std::string> ended;
  std::vector<std::string> started;
  for (auto keeper = keepers.begin(); keeper != keepers.end();) {
    auto const& job = (*keeper)->setup().job;
    bool const stays = std::ranges::find(jobs, job, &JobSetup::job) != jobs.end();
    if (!stays) {
      ended.push_back(job->name);
      state_->end(**keeper);
    }
    keeper = stays ? std::next(keeper) : keepers.erase(keeper);
  }
  auto const untouched = keepers.size();
  for (auto& job : jobs) {
    bool const runs =
        std::ranges::any_of(keepers, [&](auto const& keeper) { return keeper->setup().job == job.job; });
    if (runs) continue;
    started.push_back(job.job->name);
    state_->start(std::move(job));
  }
  auto const names = [](std::vector<std::string> const& list) {
    return list.empty() ? std::string{"none"} : fmt::format("{}", fmt::join(list, ", "));
  };
  return fmt::format("jobs ended: {}; started: {}; untouched: {}", names(ended), names(started), untouched);
}

}  // namespace candled
