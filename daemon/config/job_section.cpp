#include "config/job_section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "config/small_file.hpp"
#include "config/suggest.hpp"
#include "config/symbols_file.hpp"

namespace candled {

namespace {

using namespace std::chrono_literals;

struct OtherSpelling {
  std::string_view theirs;
  std::string_view ours;
};

// What other programs call our timeframes. 1M is a month to most of them, and a minute to nobody.
constexpr std::array timeframe_spellings{
    OtherSpelling{"1min", "1m"},    OtherSpelling{"minute", "1m"},  OtherSpelling{"5min", "5m"},
    OtherSpelling{"15min", "15m"},  OtherSpelling{"30min", "30m"},  OtherSpelling{"60m", "1h"},
    OtherSpelling{"60min", "1h"},   OtherSpelling{"1hour", "1h"},   OtherSpelling{"hour", "1h"},
    OtherSpelling{"240m", "4h"},    OtherSpelling{"24h", "1d"},     OtherSpelling{"1day", "1d"},
    OtherSpelling{"day", "1d"},     OtherSpelling{"daily", "1d"},   OtherSpelling{"7d", "1w"},
    OtherSpelling{"1week", "1w"},   OtherSpelling{"week", "1w"},    OtherSpelling{"weekly", "1w"},
    OtherSpelling{"1M", "1mo"},     OtherSpelling{"1month", "1mo"}, OtherSpelling{"month", "1mo"},
    OtherSpelling{"monthly", "1mo"}};

Form<Timeframe> timeframe_form() {
  std::vector<std::string> names;
  for (auto const timeframe : {Timeframe::m1, Timeframe::m5, Timeframe::m15, Timeframe::m30, Timeframe::h1,
                               Timeframe::h4, Timeframe::d1, Timeframe::w1, Timeframe::mo1})
    names.emplace_back(to_string(timeframe));
  auto const read = [names](std::string const& text) -> Reading<Timeframe> {
    if (auto const timeframe = parse_timeframe(text)) return *timeframe;
    auto const known = std::ranges::find(timeframe_spellings, text, &OtherSpelling::theirs);
    if (known != timeframe_spellings.end()) return refuse(fmt::format("did you mean '{}'?", known->ours));
    return refuse(did_you_mean(text, names));
  };
  return {.expected = fmt::format("one of {}", timeframe_names), .read = read};
}

constexpr std::array rollup_timeframes{Timeframe::m5, Timeframe::m15, Timeframe::m30,
                                       Timeframe::h1, Timeframe::d1,  Timeframe::w1};

Form<Timeframe> rollup_form() {
  auto form = timeframe_form();
  form.expected = "one of 5m 15m 30m 1h 1d 1w";
  form.read = [read = form.read](std::string const& text) -> Reading<Timeframe> {
    auto const timeframe = read(text);
    if (!timeframe || std::ranges::find(rollup_timeframes, *timeframe) != rollup_timeframes.end())
      return timeframe;
    return refuse("bars of this length are not computed: a job of its own can collect them");
  };
  return form;
}

Date today() {
  return Date{std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
}

// As it is written: which of the two kinds it is shows only when all keys are known.
struct ScheduleDraft {
  std::optional<Milliseconds> every;
  Milliseconds delay{0};
  std::optional<Milliseconds> at;
  std::optional<Zone> zone;
};

void describe(Section& schedule, ScheduleDraft& draft) {
  schedule.optional("every", draft.every, duration(1s, 7 * 24h));
  schedule.optional("delay", draft.delay, duration(0s, 24h));
  schedule.optional("at", draft.at, wall_clock());
  schedule.optional("zone", draft.zone, zone_name());

  bool const every = schedule.has("every");
  bool const daily = schedule.has("at") || schedule.has("zone");
  schedule.rule({"every", "delay", "at", "zone"}, every || daily,
                "expected every, or at and zone, found neither",
                "{ every: 1m, delay: 20s } or { at: \"17:30\", zone: America/New_York }");
  schedule.rule({"every", "at", "zone"}, !(every && daily),
                "expected either every or at and zone, found both", "keep one of them, or make two jobs");
  schedule.rule({"delay"}, !daily || !schedule.has("delay") || every,
                "expected delay only beside every, found it beside at", "add the delay to at");
  schedule.rule({"at", "zone"}, every || schedule.has("at") == schedule.has("zone"),
                "expected at and zone together, found only one of them",
                "a time of day needs its zone: { at: \"17:30\", zone: America/New_York }");
}

std::optional<std::variant<EverySchedule, DailySchedule>> schedule_of(ScheduleDraft const& draft) {
  if (draft.every) return EverySchedule{.every = *draft.every, .delay = draft.delay};
  if (draft.at && draft.zone) return DailySchedule{.time = *draft.at, .zone = *draft.zone};
  return std::nullopt;
}

void report(Findings& findings, SymbolPlace const& at, std::string message, std::string hint) {
  findings.problems.push_back({.file = at.file,
                               .line = at.place.line,
                               .column = at.place.column,
                               .path = at.path,
                               .message = std::move(message),
                               .hint = std::move(hint)});
}

// "symbols/us.txt:3:1", or "line 12" within the configuration itself.
std::string in_words(SymbolPlace const& place, Findings const& findings) {
  if (place.file == findings.file)
    return fmt::format("line {}, column {}", place.place.line, place.place.column);
  return fmt::format("{}:{}", place.file, place.place.line);
}

void add_symbol(JobDraft& draft, std::string symbol, SymbolPlace place) {
  draft.job.symbols.push_back(std::move(symbol));
  draft.symbol_places.push_back(std::move(place));
}

void add_symbols_of_file(Section& job, std::string const& name, JobDraft& draft) {
  auto const file = read_symbols_file(path_within(job.findings().folder, name));
  if (!file)
    return job.problem("symbols_file",
                       fmt::format("expected a list of symbols, found that {} {}",
                                   path_within(job.findings().folder, name), file.error().message),
                       file.error().hint);
  auto const path = draft.path + ".symbols_file";
  for (auto const& line : file->lines) {
    SymbolPlace const place{.file = file->path, .place = line.place, .path = path};
    if (line.refusal) {
      report(job.findings(), place, line.refusal->message, line.refusal->hint);
    } else {
      add_symbol(draft, line.symbol, place);
    }
  }
  if (file->lines.empty())
    job.problem("symbols_file", fmt::format("expected at least one symbol, found none in {}", file->path),
                "one a line; what follows '#' is a comment");
}

void describe_symbols(Section& job, JobDraft& draft) {
  std::vector<std::string> symbols;
  std::vector<Place> places;
  job.optional_list("symbols", symbols, places, ticker_symbol());
  for (std::size_t i = 0; i < symbols.size(); ++i)
    add_symbol(draft, symbols[i],
               {.file = job.findings().file, .place = places[i], .path = draft.path + ".symbols"});
  std::string file;
  job.optional("symbols_file", file, file_path());

  job.rule({"symbols", "symbols_file"}, job.has("symbols") || job.has("symbols_file"),
           "expected symbols or symbols_file, found neither", "symbols: [AAPL, MSFT]");
  job.rule({"symbols", "symbols_file"}, !(job.has("symbols") && job.has("symbols_file")),
           "expected either symbols or symbols_file, found both", "move the symbols into the file");
  job.rule({"symbols"}, !job.has("symbols") || !symbols.empty(),
           "expected at least one symbol, found an empty list");
  if (!file.empty() && !job.has("symbols")) add_symbols_of_file(job, file, draft);
}

void check_symbols_once(JobDraft const& draft, Findings& findings) {
  std::unordered_map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < draft.job.symbols.size(); ++i) {
    auto const [before, is_new] = first.emplace(draft.job.symbols[i], i);
    if (is_new) continue;
    auto const& place = draft.symbol_places[before->second];
    report(findings, draft.symbol_places[i],
           fmt::format("expected each symbol once, found {} here and at {}", draft.job.symbols[i],
                       in_words(place, findings)),
           "remove one of them");
  }
}

void check_names(std::vector<JobDraft> const& jobs, Findings& findings) {
  std::map<std::string, JobDraft const*> first;
  for (auto const& draft : jobs) {
    if (!draft.name_good) continue;
    auto const [before, is_new] = first.emplace(draft.job.name, &draft);
    if (!is_new)
      report(findings, {.file = findings.file, .place = draft.name_place, .path = draft.path + ".name"},
             fmt::format("expected each job's name once, found '{}' here and on line {}", draft.job.name,
                         before->second->name_place.line),
             "rename one of them");
  }
}

void check_provider(JobDraft const& draft, std::vector<std::string> const& providers, Findings& findings) {
  if (!draft.provider_good || std::ranges::find(providers, draft.job.provider) != providers.end()) return;
  auto hint = did_you_mean(draft.job.provider, providers);
  if (hint.empty()) hint = fmt::format("known: {}", fmt::join(providers, " "));
  report(findings, {.file = findings.file, .place = draft.provider_place, .path = draft.path + ".provider"},
         fmt::format("expected the name of one of providers, found '{}'", draft.job.provider),
         std::move(hint));
}

// What a job computes must be longer than what it collects.
void describe_rollups(Section& section, JobDraft& draft) {
  auto& job = draft.job;
  section.optional_list("rollups", job.rollups, draft.rollup_places, rollup_form());
  section.rule({"rollups"}, std::ranges::is_sorted(job.rollups, std::ranges::less_equal{}),
               "expected timeframes that grow, each once", "rollups: [5m, 1h, 1d]");
  auto const finer =
      std::ranges::find_if(job.rollups, [&](Timeframe timeframe) { return timeframe <= job.timeframe; });
  if (finer == job.rollups.end() || !section.good("timeframe")) return;
  auto const& place = draft.rollup_places[static_cast<std::size_t>(finer - job.rollups.begin())];
  report(section.findings(),
         {.file = section.findings().file, .place = place, .path = draft.path + ".rollups"},
         fmt::format("expected timeframes longer than the job's {}, found {}", to_string(job.timeframe),
                     to_string(*finer)),
         "bars are computed from shorter ones: remove it, or collect a shorter timeframe");
}

using SeriesKey = std::tuple<std::string, Timeframe, std::string>;

// The series that `draft` shares with an earlier job, one problem for each such job.
void check_series(JobDraft const& draft, std::map<SeriesKey, JobDraft const*>& writers, Findings& findings) {
  struct Shared {
    std::size_t first;
    std::size_t count;
  };
  std::map<JobDraft const*, Shared> shared;
  for (std::size_t i = 0; i < draft.job.symbols.size(); ++i) {
    SeriesKey key{draft.job.provider, draft.job.timeframe, draft.job.symbols[i]};
    auto const [writer, is_new] = writers.emplace(std::move(key), &draft);
    if (is_new || writer->second == &draft) continue;
    ++shared.emplace(writer->second, Shared{.first = i, .count = 0}).first->second.count;
  }
  for (auto const& [other, what] : shared) {
    auto const more = what.count > 1 ? fmt::format(" and {} more", what.count - 1) : "";
    report(findings, draft.symbol_places[what.first],
           fmt::format(
               "expected one job to fill a series, found {}{} at {} from {} in '{}' (line {}) and in '{}'",
               draft.job.symbols[what.first], more, to_string(draft.job.timeframe), draft.job.provider,
               other->job.name, other->place.line, draft.job.name),
           "remove them from one of the jobs");
  }
}

// What one job would compute and another collects.
void check_rollups(JobDraft const& draft, std::map<SeriesKey, JobDraft const*> const& writers,
                   Findings& findings) {
  auto const collector = [&](Timeframe timeframe, std::string const& symbol) -> JobDraft const* {
    auto const writer = writers.find({draft.job.provider, timeframe, symbol});
    return writer == writers.end() || writer->second == &draft ? nullptr : writer->second;
  };
  for (std::size_t i = 0; i < draft.job.rollups.size(); ++i) {
    auto const timeframe = draft.job.rollups[i];
    std::vector<std::string> collected;
    std::ranges::copy_if(draft.job.symbols, std::back_inserter(collected),
                         [&](auto const& symbol) { return collector(timeframe, symbol) != nullptr; });
    if (collected.empty()) continue;
    auto const& other = *collector(timeframe, collected.front());
    auto const more = collected.size() > 1 ? fmt::format(" and {} more", collected.size() - 1) : "";
    report(findings,
           {.file = findings.file, .place = draft.rollup_places[i], .path = draft.path + ".rollups"},
           fmt::format("expected rollups of what no job collects, found {} of {}{}, which '{}' (line {}) "
                       "collects from {}",
                       to_string(timeframe), collected.front(), more, other.job.name, other.place.line,
                       draft.job.provider),
           "remove it here, or there");
  }
}

}  // namespace

void describe(Section& section, BatchConfig& batch) {
  section.optional("symbols", batch.symbols, whole_number(1, 10'000));
  section.optional("parallel", batch.parallel, whole_number(1, 64));
  section.optional("stagger", batch.stagger, duration(0s, 1h));
}

void describe(Section& section, JobDraft& draft) {
  auto& job = draft.job;
  draft.path = section.path();
  draft.place = section.place();
  section.required("name", job.name, short_name());
  section.required("provider", job.provider, short_name());
  section.required("timeframe", job.timeframe, timeframe_form());
  describe_symbols(section, draft);
  section.optional("calendar", job.calendar,
                   one_of<CalendarKind>({{"XNYS", CalendarKind::xnys}, {"24x7", CalendarKind::always}}));
  ScheduleDraft schedule;
  section.optional_section("schedule", schedule);
  job.schedule = schedule_of(schedule);
  section.required("history", job.history, past_date(today()));
  section.optional_section("batch", job.batch);
  std::vector<Place> settle_places;
  section.optional_list("settle", job.settle, settle_places, duration(1s, 365 * 24h));
  section.rule({"settle"}, std::ranges::is_sorted(job.settle, std::ranges::less_equal{}),
               "expected durations that grow, found one that is not longer than the one before",
               "settle: [15m, 1d, 7d]");
  describe_rollups(section, draft);

  section.optional("retention", job.retention_years, whole_years());

  draft.name_place = section.place_of("name");
  draft.provider_place = section.place_of("provider");
  draft.name_good = section.good("name");
  draft.provider_good = section.good("provider");
  draft.timeframe_good = section.good("timeframe");
}

void check_jobs(std::vector<JobDraft> const& jobs, std::vector<std::string> const& providers,
                Findings& findings) {
  check_names(jobs, findings);
  std::map<SeriesKey, JobDraft const*> writers;
  for (auto const& draft : jobs) {
    check_symbols_once(draft, findings);
    // No provider could be read at all: that is reported already.
    if (!providers.empty()) check_provider(draft, providers, findings);
    if (draft.name_good && draft.provider_good && draft.timeframe_good)
      check_series(draft, writers, findings);
  }
  for (auto const& draft : jobs)
    if (draft.provider_good) check_rollups(draft, writers, findings);
}

}  // namespace candled
