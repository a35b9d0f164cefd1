#include "cli/reload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pipeline/async.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds follow_up_every = 1s;

bool has(std::vector<std::string> const& names, std::string const& name) {
  return std::ranges::find(names, name) != names.end();
}

template <class Named>
bool holds_same(std::vector<Named> const& all, Named const& one) {
  return std::ranges::find(all, one) != all.end();
}

std::vector<CalendarOverride> overrides_of(Config const& config, JobConfig const& job) {
  auto const found = config.calendars.overrides.find(job.calendar);
  return found == config.calendars.overrides.end() ? std::vector<CalendarOverride>{} : found->second;
}

std::vector<std::string> needs_restart(Config const& in_use, Config const& loaded) {
  std::vector<std::string> keys;
  if (in_use.database != loaded.database) keys.emplace_back("database");
  if (in_use.timings != loaded.timings) keys.emplace_back("timings");
  if (in_use.control != loaded.control) keys.emplace_back("control");
  if (in_use.log.format != loaded.log.format) keys.emplace_back("log.format");
  return keys;
}

}  // namespace

Difference difference(Config const& in_use, Config const& loaded) {
  Difference changes{.needs_restart = needs_restart(in_use, loaded)};
  bool const same_patience = in_use.retry == loaded.retry && in_use.breaker == loaded.breaker;
  for (auto const& provider : loaded.providers)
    if (same_patience && holds_same(in_use.providers, provider))
      changes.same_providers.push_back(provider.name);
  for (auto const& job : loaded.jobs)
    if (has(changes.same_providers, job.provider) && holds_same(in_use.jobs, job) &&
        overrides_of(in_use, job) == overrides_of(loaded, job))
      changes.same_jobs.push_back(job.name);
  return changes;
}

std::string to_text(std::vector<ConfigProblem> const& problems) {
  std::string text;
  for (auto const& problem : problems) text += (text.empty() ? "" : "\n") + to_string(problem);
  return text;
}

Reloader::Reloader(Engine& engine, Config config, std::string path)
    : engine_(engine), in_use_(std::move(config)), path_(std::move(path)), jobs_(engine.setups()) {}

std::string Reloader::reload() {
  ++reloads_;
  auto loaded = load_config(path_);
  if (!loaded) {
    problems_ = to_text(loaded.error());
    for (auto const& problem : loaded.error()) log_error("{}", to_string(problem));
    auto const result =
        fmt::format("the configuration has {} problems: nothing has changed", loaded.error().size());
    log_error("{}", result);
    return result;
  }
  problems_.clear();
  auto const result = "configuration loaded again: " + apply(std::move(*loaded));
  log_info("{}", result);
  return result;
}

std::string Reloader::apply(Config loaded) {
  auto const changes = difference(in_use_, loaded);
  restart_needed_ = !changes.needs_restart.empty();
  loaded_at_ = engine_.clock->now();
  if (restart_needed_)
    log_warn("a restart is needed for what has changed in {}: it keeps its old value until then",
             fmt::join(changes.needs_restart, ", "));
  set_log_level(loaded.log.level);
  take_sources(loaded, changes);
  jobs_ = setups(loaded, changes);
  // What has not taken effect is still different the next time.
  loaded.database = in_use_.database;
  loaded.timings = in_use_.timings;
  loaded.control = in_use_.control;
  loaded.log.format = in_use_.log.format;
  in_use_ = std::move(loaded);
  engine_.store->collect(collection_of(in_use_));
  return supervisor_ == nullptr ? "it takes effect once the database is there" : supervisor_->apply(jobs_);
}

void Reloader::take_sources(Config const& loaded, Difference const& changes) {
  std::vector<std::shared_ptr<Source>> sources;
  for (auto const& provider : loaded.providers) {
    auto const old = std::ranges::find(engine_.sources, provider.name, [](auto const& s) { return s->name; });
    sources.push_back(has(changes.same_providers, provider.name) ? *old
                                                                 : engine_.make_source(loaded, provider));
  }
  for (auto const& source : engine_.sources)
    if (std::ranges::find(sources, source) == sources.end()) engine_.retired.push_back(source);
  engine_.sources = std::move(sources);
}

std::vector<JobSetup> Reloader::setups(Config const& loaded, Difference const& changes) {
  std::vector<JobSetup> setups;
  auto made = make_jobs(loaded);
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (has(changes.same_jobs, made[i].name)) {
      setups.push_back(
          *std::ranges::find(jobs_, made[i].name, [](auto const& one) { return one.job->name; }));
      continue;
    }
    auto const source = std::ranges::find(engine_.sources, loaded.jobs[i].provider,
                                          [](auto const& one) { return one->name; });
    made[i].source = source->get();
    setups.push_back({.job = std::make_shared<Job const>(std::move(made[i])), .source = *source});
  }
  return setups;
}

Task<void> Reloader::close_retired() {
  auto const is_unused = [](auto const& source) { return source.use_count() == 1; };
  auto unused = std::ranges::find_if(engine_.retired, is_unused);
  while (unused != engine_.retired.end()) {
    auto const source = std::move(*unused);
    engine_.retired.erase(unused);
    co_await source->pacer->close();
    unused = std::ranges::find_if(engine_.retired, is_unused);
  }
}

// Jobs that are gone open no series that would do it.
Task<void> Reloader::follow_collection() {
  auto const followed = co_await engine_.store->follow_collection(engine_.clock->now());
  if (!followed && followed.error().what != not_followed_)
    log_warn("what the jobs collect is not in the database yet, it is tried again each second: {}",
             followed.error().what);
  not_followed_ = followed ? "" : followed.error().what;
}

Task<void> Reloader::follow_up(RunId run) {
  int told = 0;
  for (;;) {
    if (auto const now = reloads_; now != told) {
      auto const problems = problems_;
      if (auto const noted = co_await engine_.ledger->note_reload(run, problems); noted) told = now;
    }
    co_await follow_collection();
    co_await close_retired();
    if (auto const slept = co_await engine_.clock->sleep_until(engine_.clock->ticks() + follow_up_every);
        !slept)
      co_return;
  }
}

}  // namespace candled
