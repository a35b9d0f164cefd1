#include "cli/engine.hpp"

#include "pipeline/async.hpp"
#include "pipeline/s3_files.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace candled {

Ports Engine::ports() {
  return {.loop = loop->get_executor(),
          .clock = *clock,
          .random = *random,
          .store = *store,
          .progress = progress,
          .sign = sign,
          .database_retry = database_retry,
          .load_slots = load_slots,
          .database = database,
          .stop = [this] { stop(); }};
}

std::vector<JobSetup> Engine::setups() const {
  std::vector<JobSetup> setups;
  for (auto const& job : jobs) {
    auto const source = std::ranges::find(sources, job.source, &std::shared_ptr<Source>::get);
    setups.push_back({.job = std::make_shared<Job const>(job), .source = *source});
  }
  return setups;
}

void Engine::stop() {
  clock->stop();
  for (auto const* const some : {&sources, &retired})
    for (auto const& source : *some) {
      source->http->stop();
      if (source->files && source->files->bucket) source->files->bucket->http->stop();
    }
}

Task<void> Engine::give_back_budgets() {
  for (auto const& source : sources) co_await source->pacer->close();
  for (auto const& source : retired) co_await source->pacer->close();
}

Source* Engine::source(std::string const& name) const {
  auto const found = std::ranges::find(sources, name, [](auto const& source) { return source->name; });
  return found == sources.end() ? nullptr : found->get();
}

FlatFiles flat_files_of(FlatFilesConfig const& config) {
  FlatFiles files{.name = config.name, .root = config.root, .asset_class = config.asset_class};
  if (config.s3)
    files.bucket = std::make_shared<S3Bucket>(S3Bucket{.place = *config.s3, .http = {}, .retry = {}});
  return files;
}

Collection collection_of(Config const& config) {
  Collection all;
  for (auto const& provider : config.providers)
    all.providers.push_back({.name = provider.name,
                             .kind = std::string{to_string(provider.kind)},
                             .host = host_of(provider.base_url),
                             .formerly = provider.formerly});
  for (auto const& job : config.jobs)
    all.jobs.push_back({.provider = job.provider,
                        .timeframe = job.timeframe,
                        .tickers = job.symbols,
                        .calendar = std::string{to_string(job.calendar)},
                        .rollups = job.rollups});
  return all;
}

std::vector<Job> make_jobs(Config const& config) {
  std::vector<Job> jobs;
  jobs.reserve(config.jobs.size());
  std::set<std::pair<Timeframe, std::string_view>> shown;
  for (auto const& job : config.jobs) {
    jobs.push_back({.name = job.name,
                    .source = nullptr,
                    .timeframe = job.timeframe,
                    .symbols = job.symbols,
                    .calendar = config.calendar(job.calendar),
                    .history = job.history,
                    .schedule = job.schedule,
                    .batch_symbols = static_cast<std::size_t>(job.batch.symbols),
                    .shape = {.parallel = job.batch.parallel, .stagger = job.batch.stagger},
                    .settle = job.settle,
                    .retention_years = job.retention_years,
                    .rollups = job.rollups});
    for (auto const& symbol : job.symbols)
      if (!shown.emplace(job.timeframe, symbol).second) jobs.back().shown_elsewhere.push_back(symbol);
  }
  return jobs;
}

}  // namespace candled
