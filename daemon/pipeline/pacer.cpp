#include "pipeline/pacer.hpp"

#include "pipeline/async.hpp"

namespace candled {

struct Pacer::Queue {
  Event changed;  // an answer came, or it is the next one's turn
  std::uint64_t last_ticket = 0;
  std::uint64_t serving = 0;
};

Pacer::Pacer(boost::asio::any_io_executor const& executor, Clock& clock, RateLimit limit,
             BreakerPolicy breaker, std::size_t concurrency)
    : clock_(clock),
      limit_(limit),
      bucket_(limit),
      breaker_(breaker),
      concurrency_(concurrency),
      queue_(std::make_unique<Queue>(Event{executor})) {}

Pacer::~Pacer() = default;

Task<Result<void>> Pacer::admit(Lane, StopSign const& sign) {
  auto const ticket = queue_->last_ticket++;
  while (ticket != queue_->serving) co_await queue_->changed.wait();
  auto const admitted = co_await wait_for_place(sign);
  ++queue_->serving;
  queue_->changed.notify_all();
  co_return admitted;
}

Task<Result<void>> Pacer::wait_for_place(StopSign const& sign) {
  while (!clock_.stopping() && !sign.stopped) {
    auto const now = clock_.ticks();
    auto const budget_at = bucket_.next(now);
    if (!budget_at || bucket_.in_flight() >= concurrency_) {  // NOLINT(bugprone-branch-clone): two reasons
      co_await queue_->changed.wait();
    } else if (*budget_at > now) {
      if (auto const slept = co_await clock_.sleep_until(*budget_at, sign); !slept) co_return slept;
    } else if (breaker_.may_call(now)) {
      bucket_.spend(now);
      co_return Result<void>{};
    } else if (auto const probe_at = breaker_.retry_at(now)) {
      if (auto const slept = co_await clock_.sleep_until(*probe_at, sign); !slept) co_return slept;
    } else {
      co_await queue_->changed.wait();
    }
  }
  co_return fail(ErrorKind::stopped, "stopped");
}

void Pacer::look_again() {
  queue_->changed.notify_all();
}

void Pacer::succeeded() {
  bucket_.answered(clock_.ticks());
  breaker_.succeeded();
  queue_->changed.notify_all();
}

void Pacer::failed(ErrorKind kind) {
  bucket_.answered(clock_.ticks());
  breaker_.failed(clock_.ticks(), kind);
  queue_->changed.notify_all();
}

void Pacer::pause(Milliseconds wait) {
  bucket_.pause(clock_.ticks() + wait);
}

}  // namespace candled
