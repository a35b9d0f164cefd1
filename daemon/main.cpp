// Picks a command, and names every real class that stands behind a seam.
#include <fmt/format.h>
#include <malloc.h>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <optional>
#include <random>
#include <tuple>

#include "cli/commands.hpp"
#include "cli/engine.hpp"
#include "cli/progress_bar.hpp"
#include "config/load_config.hpp"
#include "core/performance.hpp"
#include "http/curl_client.hpp"
#include "pipeline/flat_files.hpp"
#include "pipeline/load_slots.hpp"
#include "pipeline/log.hpp"
#include "pipeline/metered.hpp"
#include "pipeline/real_clock.hpp"
#include "pipeline/s3_files.hpp"
#include "provider/polygon.hpp"
#include "provider/polygon_reference.hpp"
#include "store/budget_name.hpp"
#include "store/pg_bar_store.hpp"
#include "store/pg_ledger.hpp"

namespace candled {
namespace {

// A person waits for `once` and `backfill`: after ten tries, three minutes or so, they shall hear of it.
constexpr RetryPolicy database_retry{.multiplier = std::chrono::milliseconds{500},
                                     .min = std::chrono::milliseconds{500},
                                     .max = std::chrono::seconds{30},
                                     .attempts = 10};

// The database answers in the machine's time: on a drill's fast clock even a quick answer would find its
// reserve used up, and no request would ever go.
Milliseconds reserve_used_for(std::optional<TimeLens> const& lens) {
  constexpr Milliseconds answered_within{100};
  if (!lens) return PlaceRecord::used_for;
  return std::max(PlaceRecord::used_for, std::chrono::ceil<Milliseconds>(answered_within * lens->speed));
}

std::shared_ptr<Source> make_source(Config const& config, ProviderConfig const& provider, Engine& engine,
                                    std::optional<TimeLens> const& lens) {
  auto const executor = engine.loop->get_executor();
  auto source = std::make_shared<Source>();
  source->name = provider.name;
  source->provider = std::make_unique<PolygonProvider>(provider.base_url, provider.api_key);
  source->reference = std::make_unique<PolygonReference>(provider.base_url, provider.api_key);
  source->http = std::make_unique<MeteredHttp>(
      std::make_unique<CurlClient>(executor, HttpLimits{.total = provider.timeout}),
      engine.meters.providers[provider.name], *engine.clock);
  source->pacer =
      std::make_unique<Pacer>(executor, *engine.clock, *engine.ledger, *engine.random,
                              PacerOptions{.budget = budget_name(provider.base_url, provider.api_key),
                                           .holder = new_holder(),
                                           .limit = provider.rate_limit,
                                           .breaker = config.breaker,
                                           .concurrency = static_cast<std::size_t>(provider.concurrency),
                                           .timeout = provider.timeout,
                                           .reserve_used_for = reserve_used_for(lens)});
  source->retry = config.retry;
  if (provider.files) source->files = std::make_shared<FlatFiles>(flat_files_of(*provider.files));
  if (source->files && source->files->bucket) {
    // A file may be large and the line slow: what stalls is ended by the limit on slowness.
    source->files->bucket->http =
        std::make_unique<CurlClient>(executor, HttpLimits{.total = std::chrono::hours{1}});
    source->files->bucket->retry = config.retry;
  }
  return source;
}

// For drills only: time that runs faster, as in docs/exchange.md. nullopt: the machine's.
std::expected<std::optional<TimeLens>, std::string> drill_clock() {
  auto const* const text =
      std::getenv("CANDLED_DRILL_CLOCK");  // NOLINT(concurrency-mt-unsafe): no thread yet
  if (text == nullptr) return std::nullopt;
  auto const lens = parse_time_lens(text);
  if (!lens) return std::unexpected(lens.error());
  return *lens;
}

std::unique_ptr<Engine> make_engine(Config const& config, std::optional<TimeLens> const& lens) {
  // A connection that breaks, and a disk quota that is full, are errors of a write, not the end of who works.
  // (Who only reads ends quietly when its own reader goes away, as in `candled gaps | head`.)
  std::ignore = std::signal(SIGPIPE, SIG_IGN);
  std::ignore = std::signal(SIGXFSZ, SIG_IGN);
  auto engine = std::make_unique<Engine>();
  engine->loop = std::make_shared<boost::asio::io_context>(1);
  engine->clock = std::make_unique<RealClock>(engine->loop->get_executor(), lens);
  engine->drill_clock = lens.has_value();
  engine->random = std::make_unique<Random>(std::random_device{}());
  engine->ledger = std::make_unique<MeteredLedger>(
      std::make_unique<PgLedger>(config.database.url, lens ? lens->speed : 1.0), engine->meters.database,
      *engine->clock);
  engine->store = std::make_unique<MeteredStore>(
      std::make_unique<PgBarStore>(config.database.url, config.database.writers), engine->meters,
      *engine->clock);
  engine->make_source = [made = engine.get(), lens](Config const& of, ProviderConfig const& provider) {
    return make_source(of, provider, *made, lens);
  };
  for (auto const& provider : config.providers)
    engine->sources.push_back(engine->make_source(config, provider));
  engine->store->collect(collection_of(config));
  engine->jobs = make_jobs(config);
  for (std::size_t i = 0; i < config.jobs.size(); ++i)
    engine->jobs[i].source = engine->source(config.jobs[i].provider);
  engine->timings = std::make_unique<TimingsCsv>(config.timings.csv, config.timings.rotate_bytes);
  engine->performance = std::make_unique<CsvFile>(config.timings.performance, config.timings.rotate_bytes,
                                                  performance_header());
  engine->database_retry = database_retry;
  engine->load_slots = std::make_shared<LoadSlots>(engine->loop->get_executor(), config.database.writers);
  return engine;
}

ExitCode run(Options const& options, Config const& config, std::optional<TimeLens> const& lens) {
  switch (options.command) {
    case Command::plan: return plan_command(*make_engine(config, lens), config, options);
    case Command::status: return status_command(config, options, real_now(lens));
    case Command::report: return report_command(config, options, real_now(lens));
    case Command::gaps: return gaps_command(config, options, real_now(lens));
    case Command::check: return check_command(config, options, real_now(lens));
    case Command::calendar: return calendar_command(config, options);
    case Command::import_instruments: return import_instruments_command(config, options);
    case Command::import_actions: return import_actions_command(config, options);
    case Command::refresh_instruments:
      return refresh_instruments_command(*make_engine(config, lens), config, options);
    case Command::refresh_actions:
      return refresh_actions_command(*make_engine(config, lens), config, options);
    case Command::migrate: return migrate_command(config, options);
    case Command::version: return version_command(options);
    case Command::run: return run_command(*make_engine(config, lens), config, options);
    case Command::once: return once_command(*make_engine(config, lens), config, options);
    case Command::backfill:
      return options.detach ? detach_command(config, options, real_now(lens))
                            : backfill_command(*make_engine(config, lens), config, options);
    case Command::repair:
      return options.detach ? detach_command(config, options, real_now(lens))
                            : repair_command(*make_engine(config, lens), config, options);
    case Command::cancel: return cancel_command(config, options);
    case Command::retry: return retry_command(config, options);
  }
  return ExitCode::usage;
}

ExitCode print_problems(std::vector<ConfigProblem> const& problems) {
  auto code = ExitCode::usage;
  for (auto const& problem : problems) {
    fmt::print(stderr, "{}\n", to_string(problem));
    if (problem.secret_or_permission) code = ExitCode::secrets;
  }
  return code;
}

ExitCode run(int argc, char const* const* argv) {
  auto const parsed = parse_options(argc, argv);
  if (auto const* const answer = std::get_if<UsageAnswer>(&parsed)) {
    fmt::print(answer->exit_code == ExitCode::done ? stdout : stderr, "{}", answer->text);
    return answer->exit_code;
  }
  auto const& options = std::get<Options>(parsed);
  if (options.command == Command::version) return version_command(options);
  auto const lens = drill_clock();
  if (!lens) {
    fmt::print(stderr, "candled: CANDLED_DRILL_CLOCK: {}\n", lens.error());
    return ExitCode::usage;
  }
  // The record of another machine has no configuration here.
  if (options.command == Command::report && !options.file.empty())
    return report_command(Config{}, options, real_now(*lens));
  auto const config = load_config(options.config);
  if (!config) return print_problems(config.error());
  bool const works =
      options.command == Command::once ||
      ((options.command == Command::backfill || options.command == Command::repair) && !options.detach);
  bool const draws = works && terminal_columns() > 0;
  start_log(config->log.level, config->log.format, draws ? LogBeside::progress_bar : LogBeside::nothing);
  if (*lens)
    log_warn("the clock is a drill's (CANDLED_DRILL_CLOCK): it is {} now, and time runs {} times as fast",
             to_rfc3339(real_now(*lens)), (*lens)->speed);
  return run(options, *config, *lens);
}

}  // namespace
}  // namespace candled

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): an exception here is a bug; abort
  // A page and a load are megabytes, and come and go in no order. glibc would learn from the first one to
  // keep such blocks in its heap, where the holes between them took a fifth more memory (docs/benchmarks.md
  // measures the peak). Less than 2 MiB would cost a tenth more CPU, for the kernel makes each mapping's
  // pages anew.
  constexpr int own_mapping_bytes = 2 << 20;
  mallopt(M_MMAP_THRESHOLD, own_mapping_bytes);  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  return static_cast<int>(candled::run(argc, argv));
}
