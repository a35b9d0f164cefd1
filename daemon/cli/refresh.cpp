// What the provider's reference endpoints say: instruments refresh and actions refresh.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "cli/action_changes.hpp"
#include "cli/commands.hpp"
#include "cli/instrument_changes.hpp"
#include "cli/loop.hpp"
#include "cli/work.hpp"
#include "pipeline/async.hpp"
#include "pipeline/fetch_reference.hpp"
#include "pipeline/log.hpp"

namespace candled {

namespace {

struct Asked {
  Source* source = nullptr;
  std::vector<std::string> tickers;
};

// Prints what is missing.
std::optional<Asked> asked_of(Engine const& engine, Config const& config, Options const& options) {
  Asked asked;
  for (auto const& source : engine.sources) {
    if (source->reference == nullptr || (!options.provider.empty() && source->name != options.provider))
      continue;
    if (asked.source != nullptr) {
      print_error("there are several providers: say which one to ask with --provider");
      return std::nullopt;
    }
    asked.source = source.get();
  }
  if (asked.source == nullptr) {
    print_error(options.provider.empty()
                    ? std::string{"no provider of the configuration has reference data"}
                    : fmt::format("there is no provider '{}' with reference data", options.provider));
    return std::nullopt;
  }
  std::set<std::string> tickers{options.symbols.begin(), options.symbols.end()};
  if (tickers.empty())
    for (auto const& job : config.jobs)
      if (job.provider == asked.source->name) tickers.insert(job.symbols.begin(), job.symbols.end());
  asked.tickers.assign(tickers.begin(), tickers.end());
  return asked;
}

// What there is of all tickers; of one that the provider refuses, what it says.
struct Answers {
  ReferencePage all;
  std::vector<std::string> answered;
  bool some_refused = false;
  std::optional<Error> ended_by;
};

bool ends_all(ErrorKind kind) {
  return kind != ErrorKind::remote_refused && kind != ErrorKind::malformed && kind != ErrorKind::not_entitled;
}

Task<ExitCode> ask_all(Engine& engine, Asked const& asked, std::vector<ReferenceKind> kinds,
                       Answers& answers) {
  auto ports = engine.ports();
  ports.lane = Lane::backfill;
  for (auto const& ticker : asked.tickers) {
    bool complete = true;
    for (auto const kind : kinds) {
      auto page = co_await fetch_reference(ports, *asked.source, kind, ticker);
      if (page) {
        answers.all.actions.insert(answers.all.actions.end(), page->actions.begin(), page->actions.end());
        answers.all.names.insert(answers.all.names.end(), page->names.begin(), page->names.end());
        continue;
      }
      complete = false;
      if (ends_all(page.error().kind)) {
        answers.ended_by = page.error();
        break;
      }
      log_warn("{}: {} is left out: {}", asked.source->name, ticker, page.error().what);
      answers.some_refused = true;
    }
    if (answers.ended_by) break;
    if (complete) answers.answered.push_back(ticker);
  }
  co_await engine.give_back_budgets();
  co_return answers.ended_by ? exit_code_of(answers.ended_by->kind) : ExitCode::done;
}

// Nothing is taken over of half an answer. Prints why.
ExitCode refresh(Engine& engine, Config const& config, Options const& options,
                 std::vector<ReferenceKind> const& kinds,
                 std::function<ExitCode(Asked const&, Answers&)> const& take) {
  auto const asked = asked_of(engine, config, options);
  if (!asked) return ExitCode::usage;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  Answers answers;
  auto const code = run_on_loop(engine, ask_all(engine, *asked, kinds, answers));
  if (answers.ended_by) {
    print_error(fmt::format("{}; nothing is changed", answers.ended_by->what));
    return std::max(code, ExitCode::some_failed);
  }
  auto const taken = take(*asked, answers);
  return answers.some_refused ? std::max(taken, ExitCode::some_failed) : taken;
}

bool same_name(InstrumentName const& a, InstrumentName const& b) {
  return a.instrument == b.instrument && a.ticker == b.ticker && a.first == b.first;
}

// Each name once, though two tickers of one instrument were asked for; without instruments that contradict
// others.
bool clean(std::vector<InstrumentName>& names, std::string const& provider) {
  std::vector<InstrumentName> once;
  for (auto const& name : names)
    if (std::ranges::none_of(once, [&](auto const& other) { return same_name(name, other); }))
      once.push_back(name);
  bool all_good = true;
  for (;;) {
    for (std::size_t i = 0; i < once.size(); ++i) once[i].line = static_cast<int>(i) + 1;
    auto const problems = overlaps(once);
    if (problems.empty()) break;
    all_good = false;
    auto const instrument = once[static_cast<std::size_t>(problems.front().line) - 1].instrument;
    log_warn("{}: {} is left as it is: {}", provider, instrument, problems.front().what);
    std::erase_if(once, [&](auto const& name) { return name.instrument == instrument; });
  }
  names = std::move(once);
  return all_good;
}

}  // namespace

ExitCode refresh_instruments_command(Engine& engine, Config const& config, Options const& options) {
  return refresh(engine, config, options, {ReferenceKind::ticker_changes},
                 [&](Asked const& asked, Answers& answers) {
                   if (!clean(answers.all.names, asked.source->name)) answers.some_refused = true;
                   return change_instruments(config, options, answers.all.names, asked.source->name);
                 });
}

ExitCode refresh_actions_command(Engine& engine, Config const& config, Options const& options) {
  return refresh(engine, config, options, {ReferenceKind::splits, ReferenceKind::dividends},
                 [&](Asked const& asked, Answers& answers) {
                   return change_actions(config, options,
                                         {.source = asked.source->name,
                                          .actions = answers.all.actions,
                                          .whole = answers.answered,
                                          .unknown = UnknownTicker::leave_out},
                                         asked.source->name);
                 });
}

}  // namespace candled
