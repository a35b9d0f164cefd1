#include "core/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <ranges>

namespace candled {

using namespace std::chrono_literals;

namespace {

// Takes `digits` decimal digits from the front of `text`; nullopt when they are not all there.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  auto const* const end = text.data() + digits;
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.front() == '-') return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Date> take_date(std::string_view& text) {
  auto const year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  auto const month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  auto const day = take_number(text, 2);
  if (!day) return std::nullopt;
  Date const date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                  std::chrono::day{static_cast<unsigned>(*day)}};
  return date.ok() ? std::optional{date} : std::nullopt;
}

// ".123456" -> 123 ms: digits beyond the third are cut, no bar or schedule is finer.
std::optional<Milliseconds> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0ms;
  int value = 0;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 3) value = value * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 3; ++digits) value *= 10;
  return Milliseconds{value};
}

// "Z" or "+05:30": what must be subtracted to get UTC.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z')) return 0min;
  bool const negative = !text.empty() && text.front() == '-';
  if (!take(text, '-') && !take(text, '+')) return std::nullopt;
  auto const hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  auto const minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  auto const offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return negative ? -offset : offset;
}

struct Unit {
  std::string_view suffix;
  Milliseconds length;
};

constexpr std::array units{Unit{.suffix = "ms", .length = 1ms}, Unit{.suffix = "s", .length = 1s},
                           Unit{.suffix = "m", .length = 1min}, Unit{.suffix = "h", .length = 1h},
                           Unit{.suffix = "d", .length = 24h}};

}  // namespace

TimeRange intersection(TimeRange a, TimeRange b) {
  TimeRange const common{.from = std::max(a.from, b.from), .to = std::min(a.to, b.to)};
  return common.empty() ? TimeRange{.from = common.from, .to = common.from} : common;
}

std::string to_string(Date date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string to_rfc3339(UtcTime time) {
  auto const day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::hh_mm_ss const clock{time - day};
  auto text = fmt::format("{}T{:02}:{:02}:{:02}", to_string(Date{day}), clock.hours().count(),
                          clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds() != 0ms) text += fmt::format(".{:03}", clock.subseconds().count());
  return text + "Z";
}

std::optional<Date> parse_date(std::string_view text) {
  auto const date = take_date(text);
  return text.empty() ? date : std::nullopt;
}

std::optional<UtcTime> parse_rfc3339(std::string_view text) {
  auto const date = take_date(text);
  if (!date || !take(text, 'T')) return std::nullopt;
  auto const hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  auto const minutes = take_number(text, 2);
  if (!minutes || *minutes > 59 || !take(text, ':')) return std::nullopt;
  auto const seconds = take_number(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  auto const fraction = take_fraction(text);
  auto const offset = fraction ? take_offset(text) : std::nullopt;
  if (!offset || !text.empty()) return std::nullopt;
  return UtcTime{std::chrono::sys_days{*date}} + std::chrono::hours{*hours} + std::chrono::minutes{*minutes} +
         std::chrono::seconds{*seconds} + *fraction - *offset;
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  auto const [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0) return std::nullopt;
  std::string_view const suffix{rest, text.data() + text.size()};
  auto const unit = std::ranges::find(units, suffix, &Unit::suffix);
  if (unit == units.end()) return std::nullopt;
  if (count > std::numeric_limits<std::int64_t>::max() / unit->length.count()) return std::nullopt;
  return count * unit->length;
}

std::string to_string(Milliseconds duration) {
  // Days and hours only when a person would say so: 90 s reads better than 1.5 m, 2 m better than 120 s.
  for (auto const& unit : units | std::views::reverse)
    if (duration >= unit.length && duration % unit.length == 0ms)
      return fmt::format("{}{}", duration / unit.length, unit.suffix);
  return fmt::format("{}ms", duration.count());
}

std::string in_words(Milliseconds duration) {
  auto const seconds = std::chrono::round<std::chrono::seconds>(duration).count();
  if (duration < 1s) return fmt::format("{} ms", duration.count());
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 48 * 3600) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds % 86400 / 3600);
}

}  // namespace candled
