// Seam: what several starts of candled, and people at other terminals, share through the database: the
// budget, what people asked for, and how far the work is. Small and quick; it never waits behind a load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/lane.hpp"
#include "core/limits.hpp"
#include "core/task.hpp"
#include "core/time.hpp"

namespace candled {

// Places of a budget that are taken for some time yet.
struct HeldPlaces {
  int places = 0;
  Milliseconds held_for{};  // from now
};

// What one holder, a start of candled, has and wants of one budget. Durations count from when the claim is
// done, so they are as long as told or a little longer: count what is reserved from before the call.
struct BudgetClaim {
  std::string budget;  // the credential's name: address and fingerprint of the key
  std::string holder;  // a uuid that is new with every start
  RateLimit limit;
  std::vector<HeldPlaces> used;  // by requests of ours that were answered, or are surely counted
  int reserve = 0;               // places for requests in flight and for the next ones; 0: give all back
  Milliseconds reserve_for{};    // until the last of them is free again: its use, its answer and `per`
  // A lower limit that 429s have taught, kept for the next start. Told only when it is new: of several starts
  // the last word counts. nullopt leaves what is stored.
  std::optional<int> learned;
};

struct BudgetGrant {
  int reserved = 0;  // of claim.reserve: as many as the others leave
  std::vector<HeldPlaces> others;
  std::optional<int> learned;  // what some start has learned last
};

enum class RequestKind { backfill, repair };
enum class RequestState { queued, running, done, failed, cancelled };

std::string_view to_string(RequestKind kind);
std::string_view to_string(RequestState state);

// Something that a person asked the daemon to do.
struct BackfillRequest {
  std::int64_t id = 0;
  RequestKind kind = RequestKind::backfill;
  RequestState state = RequestState::queued;
  std::string job;
  std::vector<std::string> symbols;  // empty: all of the job's
  TimeRange range;
  bool cancel_asked = false;
  UtcTime requested_at{};
  std::int64_t windows = 0;
  std::int64_t windows_done = 0;
  std::int64_t bars = 0;
  std::string detail;
};

// More than this many open requests are refused: the queue is for people, not for loops.
inline constexpr int backfill_requests_max = 100;

// One row of job_progress.
struct JobProgressRow {
  std::string job;
  Lane lane = Lane::live;
  std::string stage;
  std::string detail;
  std::int64_t windows = 0;
  std::int64_t windows_done = 0;
  std::int64_t requests = 0;
  std::int64_t bars = 0;
  std::optional<UtcTime> eta_from;
  std::optional<UtcTime> eta_until;
  std::optional<UtcTime> parked_until;
};

class Ledger {
 public:
  Ledger() = default;
  Ledger(Ledger const&) = delete;
  Ledger& operator=(Ledger const&) = delete;
  virtual ~Ledger() = default;

  // Errors of all: db_unavailable, db_in_doubt, db_refused, db_denied; after the first two the same call may
  // be made again. Arguments by reference must live until the task has ended.

  // Replaces what this holder had of the budget by `used` plus what it gets of `reserve`, in one transaction,
  // so that a request is on record before it goes: over all holders, dead ones too, never more than
  // limit.requests places are held at a time. Told again, it changes nothing but time. Only a holder whose
  // requests outlast what it reserved for them can break this, for its `used` is always put on record.
  virtual Task<Result<BudgetGrant>> claim(BudgetClaim const& claim) = 0;

  // The open requests (queued, running), oldest first.
  virtual Task<Result<std::vector<BackfillRequest>>> open_requests() = 0;
  // State, windows, windows_done, bars and detail of the request as it stands now. One that has ended, or
  // that a person has cancelled before it ran, stays as it is: it is not among the open ones any more.
  virtual Task<Result<void>> update_request(BackfillRequest const& request) = 0;

  // Makes the rows of job_progress equal to `rows`, one for each job and lane; what is not among them is
  // removed. To be told every few seconds, changed or not: rows older than a minute count as a dead daemon's.
  virtual Task<Result<void>> show_progress(std::vector<JobProgressRow> const& rows) = 0;

  // The configuration was loaded again in this run. `problems` empty: it is in use now; otherwise why nothing
  // has changed.
  virtual Task<Result<void>> note_reload(RunId run, std::string const& problems) = 0;
};

}  // namespace candled
