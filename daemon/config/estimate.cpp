#include "config/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/bar.hpp"
#include "core/size.hpp"

namespace candled {

namespace {

using namespace std::chrono_literals;

// One page's body, decoded: 5 MiB is typical of 50,000 bars, and a fifth more is room for long numbers. (The
// HTTP client's cap, 32 MiB, protects against answers that are no pages.)
constexpr std::int64_t page_body_bytes = 6LL * 1024 * 1024;
// A page or a load holds 50,000 bars at most.
constexpr std::int64_t page_bars_bytes = 50'000 * static_cast<std::int64_t>(sizeof(Bar));
// A load, and as many stored bars that it is compared with.
constexpr std::int64_t load_bytes = 2 * page_bars_bytes;

// US shares trade from 04:00 to 20:00 New York time, Monday to Friday.
constexpr Milliseconds xnys_day = 16h;
constexpr double xnys_days_share = 5.0 / 7.0;

// Symbols that are fetched side by side from one provider: no more than it may have requests in flight.
std::int64_t side_by_side(Config const& config, ProviderConfig const& provider) {
  std::int64_t parallel = 0;
  for (auto const& job : config.jobs)
    if (job.provider == provider.name) parallel += job.batch.parallel;
  return std::min<std::int64_t>(parallel, provider.concurrency);
}

// A day of minutes of as many symbols as are read from a day file at once, for each job that has files.
std::int64_t files_bytes(Config const& config) {
  constexpr std::int64_t symbols_at_once = 250;
  constexpr std::int64_t minutes_a_day = 1'440;
  std::int64_t bytes = 0;
  for (auto const& job : config.jobs)
    if (config.provider(job.provider).files)
      bytes += std::min(static_cast<std::int64_t>(job.symbols.size()), symbols_at_once) * minutes_a_day *
               static_cast<std::int64_t>(sizeof(Bar));
  return bytes;
}

struct Demand {
  double per_day = 0;
  double per_second_when_open = 0;
};

double seconds(Milliseconds duration) {
  return std::chrono::duration<double>{duration}.count();
}

Demand demand_of(JobConfig const& job) {
  auto const symbols = static_cast<double>(job.symbols.size());
  if (!job.schedule) return {};
  auto const* const every = std::get_if<EverySchedule>(&*job.schedule);
  if (every == nullptr) return {.per_day = symbols, .per_second_when_open = symbols / seconds(24h)};
  auto const per_second = symbols / seconds(every->every);
  auto const open = job.calendar == CalendarKind::xnys ? seconds(xnys_day) * xnys_days_share : seconds(24h);
  return {.per_day = per_second * open, .per_second_when_open = per_second};
}

}  // namespace

MemoryBound memory_bound(Config const& config) {
  std::int64_t parallel = 0;
  for (auto const& provider : config.providers) parallel += side_by_side(config, provider);
  auto const loads = config.database.writers + parallel;
  auto const files = files_bytes(config);
  auto const bytes = parallel * (page_body_bytes + page_bars_bytes) + loads * load_bytes + files;
  auto explanation = fmt::format("{} pages ({} of text and {} of bars each) and {} loads ({} each)", parallel,
                                 size_in_words(page_body_bytes), size_in_words(page_bars_bytes), loads,
                                 size_in_words(load_bytes));
  if (files > 0) explanation += fmt::format(" and {} of day files", size_in_words(files));
  return {.bytes = bytes, .explanation = std::move(explanation)};
}

std::vector<RequestEstimate> requests_per_day(Config const& config) {
  std::vector<RequestEstimate> estimates;
  for (auto const& provider : config.providers) {
    Demand sum;
    for (auto const& job : config.jobs) {
      if (job.provider != provider.name) continue;
      auto const demand = demand_of(job);
      sum.per_day += demand.per_day;
      sum.per_second_when_open += demand.per_second_when_open;
    }
    auto const allowed_per_second = provider.rate_limit.requests / seconds(provider.rate_limit.per);
    estimates.push_back({.provider = provider.name,
                         .per_day = std::llround(std::ceil(sum.per_day)),
                         .allowed_per_day = std::llround(std::floor(allowed_per_second * seconds(24h))),
                         .share_when_open = sum.per_second_when_open / allowed_per_second});
  }
  return estimates;
}

}  // namespace candled
