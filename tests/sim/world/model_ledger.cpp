#include "sim/world/model_ledger.hpp"

#include <algorithm>
#include <iterator>

#include "sim/world/model_call.hpp"

namespace candled::sim {

namespace {

bool is_open(BackfillRequest const& request) {
  return request.state == RequestState::queued || request.state == RequestState::running;
}

}  // namespace

BudgetGrant LedgerServer::claim(BudgetClaim const& claim) {
  auto const now = store_.now();
  auto& places = places_[claim.budget];
  std::erase_if(places,
                [&](Place const& place) { return place.until <= now || place.holder == claim.holder; });
  for (auto& place : places)
    place.until =
        std::min(place.until, now + claim.limit.per + std::chrono::minutes{11});  // a clock was set back
  BudgetGrant grant;
  int taken = 0;
  for (auto const& place : places) {
    taken += place.places;
    grant.others.push_back({.places = place.places, .held_for = place.until - now});
  }
  for (auto const& used : claim.used) {
    taken += used.places;
    places.push_back({.holder = claim.holder, .until = now + used.held_for, .places = used.places});
  }
  grant.reserved = std::clamp(claim.limit.requests - taken, 0, claim.reserve);
  if (grant.reserved > 0)
    places.push_back({.holder = claim.holder, .until = now + claim.reserve_for, .places = grant.reserved});
  if (claim.learned) learned_[claim.budget] = *claim.learned;
  if (auto const known = learned_.find(claim.budget); known != learned_.end()) grant.learned = known->second;
  world_.tell("claim of {}: {} of {} reserved, {} taken", claim.holder, grant.reserved, claim.reserve, taken);
  return grant;
}

std::vector<BackfillRequest> LedgerServer::open_requests() const {
  std::vector<BackfillRequest> open;
  std::ranges::copy_if(requests_, std::back_inserter(open), is_open);
  return open;
}

void LedgerServer::update(BackfillRequest const& request) {
  auto const row = std::ranges::find(requests_, request.id, &BackfillRequest::id);
  if (row == requests_.end() || !is_open(*row)) return;
  bool const cancel_asked = row->cancel_asked;  // a daemon does not take it back
  *row = request;
  row->cancel_asked = cancel_asked;
}

void LedgerServer::ask(BackfillRequest request) {
  request.id = std::ssize(requests_) + 1;
  world_.tell("request {}: {} {} from {} to {}", request.id,
              request.kind == RequestKind::repair ? "repair" : "backfill", request.job,
              to_rfc3339(request.range.from), to_rfc3339(request.range.to));
  requests_.push_back(std::move(request));
}

void LedgerServer::cancel(std::int64_t request) {
  for (auto& row : requests_)
    if (row.id == request && is_open(row)) row.cancel_asked = true;
}

Task<Result<BudgetGrant>> ModelLedger::claim(BudgetClaim const& claim) {
  co_return co_await model_call<BudgetGrant>(server_.store(), clock_, world_, "claim",
                                             [&] { return server_.claim(claim); });
}

// Asked for every second: at once, or the day would be made of it.
Task<Result<std::vector<BackfillRequest>>> ModelLedger::open_requests() {
  if (server_.store().down()) co_return fail(ErrorKind::db_unavailable, "the database is down");
  co_return server_.open_requests();
}

Task<Result<void>> ModelLedger::update_request(BackfillRequest const& request) {
  co_return co_await model_call<void>(server_.store(), clock_, world_, "update_request",
                                      [&]() -> Result<void> {
                                        server_.update(request);
                                        return {};
                                      });
}

Task<Result<void>> ModelLedger::show_progress(std::vector<JobProgressRow> const&) {
  co_return Result<void>{};
}

Task<Result<void>> ModelLedger::note_reload(RunId, std::string const&) {
  co_return Result<void>{};
}

}  // namespace candled::sim
