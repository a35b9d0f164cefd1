#include "support/model_ledger.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>

namespace candled::test {

Task<Result<BudgetGrant>> ModelLedger::claim(BudgetClaim const& claim) {
  if (++claiming_[claim.holder] > 1) violations.push_back("two claims at a time by " + claim.holder);
  std::optional<BudgetGrant> granted;
  if (latency > Milliseconds{0}) co_await clock_.sleep_until(clock_.ticks() + latency / 2, nobody_);
  auto const error = fails();
  if (!error || error->kind == ErrorKind::db_in_doubt) granted = grant(claim);
  if (latency > Milliseconds{0}) co_await clock_.sleep_until(clock_.ticks() + latency / 2, nobody_);
  --claiming_[claim.holder];
  if (error) co_return std::unexpected(*error);
  co_return *granted;
}

BudgetGrant ModelLedger::grant(BudgetClaim const& claim) {
  judge(claim);
  ++claims;
  auto const now = clock_.ticks();
  auto& places = places_[claim.budget];
  std::erase_if(places,
                [&](Place const& place) { return place.until <= now || place.holder == claim.holder; });
  BudgetGrant granted;
  int taken = 0;
  for (auto const& place : places) {
    taken += place.places;
    granted.others.push_back(
        {.places = place.places, .held_for = std::chrono::ceil<Milliseconds>(place.until - now)});
  }
  for (auto const& used : claim.used) {
    taken += used.places;
    places.push_back({.holder = claim.holder, .until = now + used.held_for, .places = used.places});
  }
  if (taken > claim.limit.requests) violations.push_back("more used than the others leave");
  granted.reserved = std::clamp(claim.limit.requests - taken, 0, claim.reserve);
  if (granted.reserved > 0)
    places.push_back({.holder = claim.holder, .until = now + claim.reserve_for, .places = granted.reserved});
  if (claim.learned) learned[claim.budget] = *claim.learned;
  if (auto const known = learned.find(claim.budget); known != learned.end()) granted.learned = known->second;
  return granted;
}

void ModelLedger::judge(BudgetClaim const& claim) {
  if (claim.budget.empty() || claim.holder.empty()) violations.emplace_back("a claim without a name");
  if (claim.reserve < 0 || (claim.reserve > 0 && claim.reserve_for <= Milliseconds{0}))
    violations.emplace_back("an impossible reserve");
  int used = 0;
  for (auto const& places : claim.used) {
    if (places.places <= 0 || places.held_for <= Milliseconds{0})
      violations.emplace_back("an impossible place");
    used += places.places;
  }
  if (used > held_by(claim.budget, claim.holder)) violations.emplace_back("more used than was on record");
}

int ModelLedger::held_by(std::string const& budget, std::string const& holder) const {
  auto const known = places_.find(budget);
  if (known == places_.end()) return 0;
  int sum = 0;
  for (auto const& place : known->second)
    if (place.holder == holder && place.until > clock_.ticks()) sum += place.places;
  return sum;
}

int ModelLedger::held(std::string const& budget) const {
  auto const known = places_.find(budget);
  if (known == places_.end()) return 0;
  int sum = 0;
  for (auto const& place : known->second)
    if (place.until > clock_.ticks()) sum += place.places;
  return sum;
}

Task<Result<std::vector<BackfillRequest>>> ModelLedger::open_requests() {
  if (auto const done = co_await take_time(); !done) co_return std::unexpected(done.error());
  std::vector<BackfillRequest> open;
  std::ranges::copy_if(requests, std::back_inserter(open), [](BackfillRequest const& request) {
    return request.state == RequestState::queued || request.state == RequestState::running;
  });
  co_return open;
}

Task<Result<void>> ModelLedger::update_request(BackfillRequest const& request) {
  if (auto const done = co_await take_time(); !done) co_return done;
  auto const stored = std::ranges::find(requests, request.id, &BackfillRequest::id);
  if (stored == requests.end()) co_return fail(ErrorKind::db_refused, "no such request");
  stored->state = request.state;
  stored->windows = request.windows;
  stored->windows_done = request.windows_done;
  stored->bars = request.bars;
  stored->detail = request.detail;
  co_return Result<void>{};
}

Task<Result<void>> ModelLedger::show_progress(std::vector<JobProgressRow> const& rows) {
  if (auto const done = co_await take_time(); !done) co_return done;
  progress = rows;
  co_return Result<void>{};
}

Task<Result<void>> ModelLedger::note_reload(RunId, std::string const& problems) {
  if (auto const done = co_await take_time(); !done) co_return done;
  reloads.push_back(problems);
  co_return Result<void>{};
}

Task<Result<void>> ModelLedger::take_time() {
  if (latency > Milliseconds{0}) co_await clock_.sleep_until(clock_.ticks() + latency, nobody_);
  if (auto const error = fails()) co_return std::unexpected(*error);
  co_return Result<void>{};
}

}  // namespace candled::test
