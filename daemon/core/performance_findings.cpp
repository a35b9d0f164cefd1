#include "core/performance_findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <string>
#include <utility>

namespace candled {

using namespace std::chrono_literals;

namespace {

using Rows = std::span<PerformanceRow const>;

constexpr std::size_t gaps_told = 5;
constexpr std::size_t worst_told = 3;
// Of its threshold, the operator's or the usual one: less is small, however rare it is.
constexpr double small_share = 0.2;
constexpr double many_medians = 3;
// The daemon writes every five minutes: later than this, it does not.
constexpr Milliseconds silent_after = 10min;

constexpr double mebibyte = 1 << 20;
constexpr double growth_told = mebibyte;  // bytes a day
constexpr Milliseconds warm_after = 1h;
constexpr Milliseconds growth_needs = 24h;

std::string text_of(TimeRange during) {
  return fmt::format("from {} to {}", to_rfc3339(during.from), to_rfc3339(during.to));
}

void find_gaps(Rows rows, UtcTime now, std::vector<Finding>& findings) {
  std::vector<TimeRange> gaps;
  auto end = rows.front().during.to;
  for (auto const& row : rows) {
    if (row.during.from - end > 1s) gaps.push_back({.from = end, .to = row.during.from});
    end = std::max(end, row.during.to);
  }
  auto longest = gaps;
  std::ranges::sort(longest, {}, [](auto const& gap) { return std::pair{gap.from - gap.to, gap.from}; });
  longest.resize(std::min(longest.size(), gaps_told));
  std::ranges::sort(longest, {}, &TimeRange::from);
  for (auto const& gap : longest)
    findings.push_back(
        {.about = "gap",
         .during = gap,
         .text = fmt::format("nothing is on record {} ({}): candled did not run, or could not write",
                             text_of(gap), in_words(gap.to - gap.from))});
  if (gaps.size() > longest.size())
    findings.push_back({.about = "gap",
                        .during = {.from = gaps.front().from, .to = gaps.back().to},
                        .text = fmt::format("and {} shorter times", gaps.size() - longest.size())});
  if (now - end > silent_after)
    findings.push_back({.about = "gap",
                        .during = {.from = end, .to = now},
                        .text = fmt::format("nothing is on record since {} ({}): does candled run?",
                                            to_rfc3339(end), in_words(now - end))});
}

// Whether the process began within this row, to the second.
bool is_first_of_life(PerformanceRow const& row) {
  auto const length = std::chrono::duration<double>(row.during.to - row.during.from).count();
  return row[Figure::uptime_s] && *row[Figure::uptime_s] <= length + 1;
}

void find_starts(Rows rows, std::vector<Finding>& findings) {
  auto const starts = std::ranges::count_if(rows, is_first_of_life);
  if (starts == 0) return;
  auto const last = std::ranges::find_if(std::views::reverse(rows), is_first_of_life);
  auto const at = to_rfc3339(last->during.from);
  findings.push_back(
      {.about = "starts",
       .during = last->during,
       .text = starts == 1 ? fmt::format("candled was started at {}", at)
                           : fmt::format("candled was started {} times, the last time at {}", starts, at)});
}

// The rows that say something of the figure, the largest first.
std::vector<PerformanceRow const*> worst_first(Rows rows, Figure figure) {
  std::vector<PerformanceRow const*> worst;
  for (auto const& row : rows)
    if (tells(row, figure)) worst.push_back(&row);
  std::ranges::sort(worst, {},
                    [&](auto const* row) { return std::pair{-*(*row)[figure], row->during.from}; });
  return worst;
}

// `limit`: the operator's threshold; nullptr: there is none.
void find_worst(Rows rows, Threshold const& usual, Threshold const* limit, std::vector<Finding>& findings) {
  auto const figure = usual.figure;
  auto worst = worst_first(rows, figure);
  auto const median = median_of(rows, figure);
  if (worst.empty() || !median) return;
  auto const value = [&](PerformanceRow const* row) { return *(*row)[figure]; };
  auto const is_past = [&](PerformanceRow const* row) {
    return limit != nullptr && value(row) > limit->value;
  };
  auto const small = small_share * (limit == nullptr ? usual : *limit).value;
  auto const stands_out = [&](PerformanceRow const* row) {
    return is_past(row) || (value(row) > many_medians * *median && value(row) > small);
  };
  auto const past = std::ranges::count_if(worst, is_past);
  auto const* const first = worst.front();
  if (!stands_out(first)) return;
  std::erase_if(worst, [&](auto const* row) { return !stands_out(row); });
  worst.resize(std::min(worst.size(), worst_told));

  std::vector<std::string> times;
  times.reserve(worst.size());
  for (auto const* const row : worst)
    times.push_back(fmt::format("{} {}", figure_in_words(figure, value(row)), text_of(row->during)));
  auto text = fmt::format("{} was {}; the median is {}", usual.what, fmt::join(times, ", "),
                          figure_in_words(figure, *median));
  if (past > 0)
    text += fmt::format("; past timings.warn.{} ({}): {} of {} rows", limit->key,
                        figure_in_words(figure, limit->value), past, rows.size());
  findings.push_back(
      {.about = std::string{to_string(figure)}, .during = first->during, .text = std::move(text)});
}

// The rows of the last life of the process that are warm, and know their memory.
std::vector<PerformanceRow const*> last_life(Rows rows) {
  auto const newest_first = std::views::reverse(rows);
  auto const start = std::ranges::find_if(newest_first, is_first_of_life);
  std::vector<PerformanceRow const*> life;
  for (auto const& row : rows.last(static_cast<std::size_t>(start - newest_first.begin())))
    if (row[Figure::memory_bytes] &&
        row[Figure::uptime_s].value_or(0) >= std::chrono::duration<double>(warm_after).count())
      life.push_back(&row);
  return life;
}

}  // namespace

std::optional<double> median_of(std::span<PerformanceRow const> rows, Figure figure) {
  std::vector<double> values;
  for (auto const& row : rows)
    if (auto const& value = row[figure]) values.push_back(*value);
  if (values.empty()) return std::nullopt;
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::optional<double> memory_growth(std::span<PerformanceRow const> rows) {
  auto const life = last_life(rows);
  if (life.empty() || life.back()->during.to - life.front()->during.to < growth_needs) return std::nullopt;
  using Days = std::chrono::duration<double, std::chrono::days::period>;
  auto const day_of = [&](auto const* row) { return Days(row->during.to - life.front()->during.to).count(); };
  double days = 0;
  double bytes = 0;
  for (auto const* const row : life) {
    days += day_of(row) / static_cast<double>(life.size());
    bytes += *(*row)[Figure::memory_bytes] / static_cast<double>(life.size());
  }
  double together = 0;
  double spread = 0;
  for (auto const* const row : life) {
    together += (day_of(row) - days) * (*(*row)[Figure::memory_bytes] - bytes);
    spread += (day_of(row) - days) * (day_of(row) - days);
  }
  return together / spread;
}

std::vector<Finding> findings_of(std::span<PerformanceRow const> rows, UtcTime now,
                                 PerformanceThresholds const& thresholds) {
  std::vector<Finding> findings;
  find_gaps(rows, now, findings);
  find_starts(rows, findings);
  auto const limits = thresholds_of(thresholds);
  for (auto const& usual : thresholds_of({})) {
    auto const limit = std::ranges::find(limits, usual.figure, &Threshold::figure);
    find_worst(rows, usual, limit == limits.end() ? nullptr : &*limit, findings);
  }
  if (auto const growth = memory_growth(rows); growth && *growth >= growth_told)
    findings.push_back(
        {.about = "memory_growth",
         .during = {.from = rows.front().during.from, .to = rows.back().during.to},
         .text = fmt::format("memory grows by {:.1f} MiB/day since the last start", *growth / mebibyte)});
  return findings;
}

}  // namespace candled
