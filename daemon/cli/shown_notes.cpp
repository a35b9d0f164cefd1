#include "cli/shown_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace candled {

namespace {

bool has(std::vector<std::string> const& names, std::string const& name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_configured(Config const& config, std::string const& name) {
  return std::ranges::any_of(config.providers, [&](ProviderConfig const& provider) {
    return provider.name == name || has(provider.formerly, name);
  });
}

// What several symbols have in common, said once: "AAPL", "AAPL and 7 more".
class Said {
 public:
  void add(std::string const& symbol, std::string before, std::string after) {
    auto const [line, is_new] = lines_.try_emplace(std::pair{std::move(before), std::move(after)});
    if (is_new) order_.push_back(line);
    if (line->second.empty() || line->second.back() != symbol) line->second.push_back(symbol);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (auto const& line : order_) {
      auto const& [words, symbols] = *line;
      auto const more = symbols.size() > 1 ? fmt::format(" and {} more", symbols.size() - 1) : "";
      all.push_back(words.first + symbols.front() + more + words.second);
    }
    return all;
  }

 private:
  using Lines = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;
  Lines lines_;
  std::vector<Lines::iterator> order_;
};

// "before 2024-03-05", of history that ends where the job's own begins; else the days.
std::string in_words(RangeSet const& shown, RangeSet const& own, Zone const& zone) {
  auto const& ranges = shown.ranges();
  auto const until = ranges.back().to;
  if (!own.empty() && until <= own.ranges().front().from)
    return fmt::format("before {}", to_string(zone.date_at(until)));
  return fmt::format("{}from {} to {}", ranges.size() > 1 ? fmt::format("in {} ranges ", ranges.size()) : "",
                     to_string(zone.date_at(ranges.front().from)),
                     to_string(zone.date_at(until - Milliseconds{1})));
}

// The rows of one ticker and timeframe.
using Rows = std::multimap<std::pair<std::string, std::string>, CoverageRow const*>;

void note_series(Config const& config, JobConfig const& job, std::string const& symbol, Rows const& rows,
                 Said& said) {
  auto const [begin, end] = rows.equal_range({symbol, std::string{to_string(job.timeframe)}});
  CoverageRow const* own = nullptr;
  CoverageRow const* primary = nullptr;
  for (auto row = begin; row != end; ++row) {
    if (row->second->provider == job.provider) own = row->second;
    if (row->second->is_primary) primary = row->second;
  }
  auto const of = fmt::format(" {}", to_string(job.timeframe));
  auto const& formerly = config.provider(job.provider).formerly;
  if (primary != nullptr && primary != own && !has(formerly, primary->provider))
    said.add(symbol, "bars of ",
             fmt::format("{} are still those of provider '{}': '{}' collects them from '{}', and readers see "
                         "these once it has begun",
                         of, primary->provider, job.name, job.provider));
  for (auto row = begin; row != end; ++row) {
    if (row->second == own || row->second->still_shown.empty()) continue;
    said.add(symbol, "bars of ",
             fmt::format("{} {} are still those of provider '{}': '{}' has not collected them from '{}'", of,
                         in_words(row->second->still_shown, own == nullptr ? RangeSet{} : own->covered,
                                  config.calendar(job.calendar).zone()),
                         row->second->provider, job.name, job.provider));
  }
}

}  // namespace

std::vector<std::string> notes_on_jobs(Config const& config) {
  std::map<std::pair<Timeframe, std::string>, JobConfig const*> first;
  Said said;
  for (auto const& job : config.jobs)
    for (auto const& symbol : job.symbols) {
      auto const [shown, is_new] = first.try_emplace({job.timeframe, symbol}, &job);
      if (is_new) continue;
      said.add(
          symbol, "",
          fmt::format(" at {} are collected by '{}' from '{}' and by '{}' from '{}': readers see those of "
                      "'{}', which comes first",
                      to_string(job.timeframe), shown->second->name, shown->second->provider, job.name,
                      job.provider, shown->second->name));
    }
  return said.lines();
}

std::vector<std::string> notes_on_shown(Config const& config, std::vector<CoverageRow> const& coverage) {
  Rows rows;
  for (auto const& row : coverage) rows.emplace(std::pair{row.ticker, row.timeframe}, &row);
  std::set<std::pair<Timeframe, std::string>> seen;
  Said said;
  for (auto const& job : config.jobs)
    for (auto const& symbol : job.symbols)
      if (seen.emplace(job.timeframe, symbol).second) note_series(config, job, symbol, rows, said);
  return said.lines();
}

std::vector<std::string> notes_on_providers(Config const& config, std::vector<ProviderRow> const& providers) {
  std::vector<std::string> notes;
  for (auto const& gone : providers) {
    if (is_configured(config, gone.name)) continue;
    for (auto const& provider : config.providers) {
      bool const is_new = std::ranges::find(providers, provider.name, &ProviderRow::name) == providers.end();
      bool const is_same = gone.kind == to_string(provider.kind) && gone.host == host_of(provider.base_url);
      if (!is_same && !(gone.host.empty() && is_new)) continue;
      notes.push_back(fmt::format(
          "providers.{}: the database has {} series of provider '{}', which the configuration no longer has; "
          "if it is the same one, write formerly: {}",
          provider.name, gone.series, gone.name, gone.name));
    }
  }
  return notes;
}

}  // namespace candled
