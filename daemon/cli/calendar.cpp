#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/publish_calendars.hpp"
#include "cli/table.hpp"
#include "cli/work.hpp"
#include "config/overrides_file.hpp"

namespace candled {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t sessions_shown = 10;
// Long enough for so many sessions, whatever is closed in between.
constexpr auto looked_ahead = std::chrono::days{60};

// What is listed: sessions, and the days that the operator closed, by date.
struct Day {
  Date date{};
  std::optional<Session> session;
  std::string reason;  // the operator's
};

std::vector<Session> sessions_listed(Calendar const& calendar, Options const& options, UtcTime now) {
  auto const zone = calendar.zone();
  auto const from = options.from ? zone.at(std::get<Date>(*options.from), 0ms) : now;
  if (options.to)
    return calendar.sessions({.from = from, .to = zone.at(next_day(std::get<Date>(*options.to)), 0ms)});
  auto sessions = calendar.sessions({.from = from, .to = from + looked_ahead});
  sessions.resize(std::min(sessions.size(), sessions_shown));
  return sessions;
}

std::vector<Day> days_listed(Config const& config, Options const& options, UtcTime now) {
  auto const calendar = config.calendar(options.calendar);
  std::vector<Day> days;
  for (auto const& session : sessions_listed(calendar, options, now))
    days.push_back({.date = session.date, .session = session, .reason = ""});
  auto const first = options.from ? std::get<Date>(*options.from) : calendar.zone().date_at(now);
  auto const end = days.empty() ? first : days.back().date;
  auto const last = options.to ? std::get<Date>(*options.to) : end;
  auto const overrides = config.calendars.overrides.find(options.calendar);
  if (overrides == config.calendars.overrides.end()) return days;
  for (auto const& [date, closes_at, reason] : overrides->second) {
    auto const day = std::ranges::find(days, date, &Day::date);
    if (day != days.end()) day->reason = reason;
    if (!closes_at && first <= date && date <= last)
      days.push_back({.date = date, .session = std::nullopt, .reason = reason});
  }
  std::ranges::sort(days, {}, &Day::date);
  return days;
}

// "09:30"; midnight at the end of `date` is 24:00.
std::string wall_clock_text(Zone zone, Date date, UtcTime time) {
  auto const clock = zone.date_at(time) == date ? zone.wall_clock_at(time) : Milliseconds{24h};
  return fmt::format("{:02}:{:02}", clock / 1h, clock / 1min % 60);
}

std::string weekday_name(Date date) {
  constexpr std::array names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  return names.at(std::chrono::weekday{std::chrono::sys_days{date}}.c_encoding());
}

std::string note_of(Day const& day) {
  if (!day.session || !day.session->early_close) return day.reason;
  return day.reason.empty() ? "early close" : "early close: " + day.reason;
}

void print_text(std::vector<Day> const& days, CalendarKind kind, Zone zone) {
  if (days.empty()) {
    fmt::print("{} has no sessions in this range\n", to_string(kind));
    return;
  }
  std::vector<std::vector<std::string>> rows{
      {"DATE", "DAY", "OPENS", "CLOSES", "OPENS (UTC)", "CLOSES (UTC)", "NOTE"}};
  for (auto const& day : days) {
    auto row = std::vector{to_string(day.date), weekday_name(day.date)};
    if (day.session) {
      auto const [from, to] = day.session->regular;
      row.insert(row.end(), {wall_clock_text(zone, day.date, from), wall_clock_text(zone, day.date, to),
                             to_rfc3339(from), to_rfc3339(to)});
    } else {
      row.insert(row.end(), {"closed", "", "", ""});
    }
    row.push_back(note_of(day));
    rows.push_back(std::move(row));
  }
  fmt::print("{}, regular hours, {}\n{}", to_string(kind), zone.name(), table(rows));
}

void print_json(std::vector<Day> const& days, CalendarKind kind, Zone zone) {
  nlohmann::json out{{"calendar", to_string(kind)},
                     {"zone", zone.name()},
                     {"sessions", nlohmann::json::array()},
                     {"closed", nlohmann::json::array()}};
  for (auto const& [date, session, reason] : days) {
    if (!session) {
      out["closed"].push_back({{"date", to_string(date)}, {"reason", reason}});
      continue;
    }
    out["sessions"].push_back({{"date", to_string(date)},
                               {"opens_at", to_rfc3339(session->regular.from)},
                               {"closes_at", to_rfc3339(session->regular.to)},
                               {"extended_opens_at", to_rfc3339(session->hours.from)},
                               {"extended_closes_at", to_rfc3339(session->hours.to)},
                               {"early_close", session->early_close},
                               {"reason", reason}});
  }
  // A reason comes from a file: broken UTF-8 in it is replaced.
  fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

ExitCode list(Config const& config, Options const& options) {
  auto const now = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
  auto const days = days_listed(config, options, now);
  auto const zone = config.calendar(options.calendar).zone();
  options.output == OutputFormat::json ? print_json(days, options.calendar, zone)
                                       : print_text(days, options.calendar, zone);
  return ExitCode::done;
}

// Sees to it that the file of overrides has the line, once, and says what it did, or why it cannot.
ExitCode write_down(Config& config, OverrideLine const& line) {
  auto const& path = config.calendars.overrides_file;
  auto const file = read_overrides_file(path);
  if (!file) {
    print_error(fmt::format("{} {}", path, file.error().message));
    return ExitCode::usage;
  }
  auto const before = std::ranges::find_if(file->lines, [&](OverrideLine const& other) {
    return other.calendar == line.calendar && other.day.date == line.day.date;
  });
  if (before != file->lines.end() && before->day.closes_at != line.day.closes_at) {
    print_error(fmt::format("{}:{} says '{}': change that line, or remove it", path, before->place.line,
                            to_string(*before)));
    return ExitCode::usage;
  }
  if (before != file->lines.end()) {
    fmt::print("{}:{} says so already\n", path, before->place.line);
    return ExitCode::done;
  }
  if (auto const added = append_override(path, line); !added) {
    print_error(fmt::format("{} cannot be written: {}: call this as a user that may", path, added.error()));
    return ExitCode::secrets;
  }
  config.calendars.overrides[line.calendar].push_back(line.day);
  fmt::print("added to {}: {}\n", path, to_string(line));
  return ExitCode::done;
}

ExitCode change(Config config, OverrideLine const& line) {
  if (config.calendars.overrides_file.empty()) {
    print_error(
        "the configuration names no file for such days: create an empty file, and name it: calendars: { "
        "overrides: calendar-overrides.txt }");
    return ExitCode::usage;
  }
  // Before anything is written: half of this is worth nothing.
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  if (auto const code = write_down(config, line); code != ExitCode::done) return code;
  auto const changed = publish_calendars(config);
  if (!changed) {
    print_error(fmt::format("candled.market_session is not changed yet: {}; `candled migrate` does it",
                            changed.error().what));
    return exit_code_of(changed.error().kind);
  }
  fmt::print("candled.market_session: {} changed\n",
             *changed == 1 ? "1 row" : fmt::format("{} rows", *changed));
  fmt::print("a running daemon takes it over with `systemctl reload candled`\n");
  return ExitCode::done;
}

}  // namespace

ExitCode calendar_command(Config const& config, Options const& options) {
  if (!options.day) return list(config, options);
  return change(config, {.calendar = options.calendar, .day = *options.day, .place = {}});
}

}  // namespace candled
