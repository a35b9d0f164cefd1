#include "config/overrides_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

namespace candled {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view white_space = " \t\r";
constexpr auto form_of_a_line =
    "write the calendar, the day, and closed or a time: XNYS 2027-01-11 closed  # why";

struct Word {
  std::string_view text;
  int column = 0;
};

std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(white_space, at)) != std::string_view::npos;) {
    auto const end = std::min(line.find_first_of(white_space, at), line.size());
    words.push_back({.text = line.substr(at, end - at), .column = static_cast<int>(at) + 1});
    at = end;
  }
  return words;
}

// The comment of a line, on one line of a terminal.
std::string reason_of(std::string_view line) {
  auto const mark = line.find('#');
  if (mark == std::string_view::npos) return "";
  std::string reason{line.substr(mark + 1)};
  std::ranges::replace_if(
      reason, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  auto const first = reason.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return reason.substr(first, reason.find_last_not_of(' ') + 1 - first);
}

std::string expected_found(std::string_view expected, std::string_view found) {
  return fmt::format("expected {}, found {}", expected, quoted(found));
}

std::optional<Refusal> refusal_of_calendar(std::string_view text) {
  if (text == to_string(CalendarKind::xnys)) return std::nullopt;
  return Refusal{.message = expected_found("XNYS, the calendar that has holidays", text),
                 .hint = parse_calendar(text) ? "a 24x7 market never closes"
                                              : did_you_mean(std::string{text}, {"XNYS"})};
}

std::string wall_clock_text(Milliseconds time) {
  return fmt::format("{:02}:{:02}", time / 1h, time / 1min % 60);
}

// What stands in the third word, or nothing at all when it is wrong.
std::optional<std::optional<Milliseconds>> parse_what(std::string_view text) {
  if (text == "closed") return std::optional<Milliseconds>{};
  auto const time = wall_clock().read(std::string{text});
  if (!time || *time <= 9h + 30min || *time > 16h) return std::nullopt;
  return std::optional{*time};
}

bool is_weekend(Date date) {
  std::chrono::weekday const weekday{std::chrono::sys_days{date}};
  return weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
}

// One line's words, and where what they mean goes.
class LineReader {
 public:
  LineReader(OverridesText& into, int number) : into_(into), number_(number) {}

  std::optional<OverrideLine> read(std::vector<Word> const& words, std::string reason) {
    if (words.size() != 3)
      return refuse(
          words.size() < 3 ? words.back() : words[3],
          {.message = fmt::format("expected three words, found {}", words.size()), .hint = form_of_a_line});
    auto const date = parse_date(words[1].text);
    auto const what = parse_what(words[2].text);
    auto refusal = refusal_of_calendar(words[0].text);
    bool const good = !refusal && date && what;
    if (refusal) refuse(words[0], *std::move(refusal));
    if (!date)
      refuse(words[1], {.message = expected_found("a date such as 2027-01-11", words[1].text),
                        .hint = "write year-month-day, with all digits"});
    if (!what)
      refuse(words[2], {.message = expected_found("closed, or the time in New York until which it trades, "
                                                  "09:31 to 16:00",
                                                  words[2].text),
                        .hint = did_you_mean(std::string{words[2].text}, {"closed"})});
    if (!good) return std::nullopt;
    if (*what && is_weekend(*date))
      return refuse(words[1], {.message = expected_found("a day from Monday to Friday", words[1].text),
                               .hint = "XNYS does not trade at weekends"});
    return OverrideLine{.day = {.date = *date, .closes_at = *what, .reason = std::move(reason)},
                        .place = {.line = number_, .column = words[0].column}};
  }

 private:
  std::nullopt_t refuse(Word const& word, Refusal refusal) {
    into_.problems.push_back(
        {.place = {.line = number_, .column = word.column}, .refusal = std::move(refusal)});
    return std::nullopt;
  }

  OverridesText& into_;
  int number_;
};

std::string what_of(CalendarOverride const& day) {
  return day.closes_at ? wall_clock_text(*day.closes_at) : "closed";
}

void add(OverridesText& text, OverrideLine line, std::string const& file) {
  auto const before = std::ranges::find_if(text.lines, [&](OverrideLine const& other) {
    return other.calendar == line.calendar && other.day.date == line.day.date;
  });
  if (before == text.lines.end()) return text.lines.push_back(std::move(line));
  if (before->day.closes_at == line.day.closes_at) return;
  text.problems.push_back(
      {.place = line.place,
       .refusal = {.message = fmt::format("expected one line about {} {}, found {} here and {} at {}:{}",
                                          to_string(line.calendar), to_string(line.day.date),
                                          what_of(line.day), what_of(before->day), file, before->place.line),
                   .hint = "remove one of them"}});
}

}  // namespace

OverridesText parse_overrides(std::string_view text, std::string const& file) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  OverridesText parsed;
  for (int number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = text.substr(0, end);
    auto const words = words_of(line.substr(0, std::min(line.find('#'), line.size())));
    if (!words.empty())
      if (auto read = LineReader{parsed, number}.read(words, reason_of(line)))
        add(parsed, *std::move(read), file);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parsed;
}

std::expected<OverridesFile, FileProblem> read_overrides_file(std::string const& path) {
  auto const file = read_small_file(path);
  if (!file) return std::unexpected(file.error());
  return OverridesFile{parse_overrides(file->text, path), path};
}

std::string to_string(OverrideLine const& line) {
  auto const text =
      fmt::format("{} {} {}", to_string(line.calendar), to_string(line.day.date), what_of(line.day));
  return line.day.reason.empty() ? text : fmt::format("{}  # {}", text, line.day.reason);
}

std::expected<void, std::string> append_override(std::string const& path, OverrideLine const& line) {
  auto const before = read_small_file(path);
  if (!before) return std::unexpected(before.error().message);
  bool const within_a_line = !before->text.empty() && !before->text.ends_with('\n');
  auto const text = (within_a_line ? "\n" : "") + to_string(line) + "\n";
  int const file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0) return std::unexpected(std::generic_category().message(errno));
  // In one write, so that no reader sees half a line, and on the disk before anybody is told that it is
  // there.
  auto const written = ::write(file, text.data(), text.size());
  bool const done = written == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  auto const error = written >= 0 && !done && written < static_cast<ssize_t>(text.size()) ? ENOSPC : errno;
  ::close(file);
  if (!done) return std::unexpected(std::generic_category().message(error));
  return {};
}

}  // namespace candled
