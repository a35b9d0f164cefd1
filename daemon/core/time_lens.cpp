#include "core/time_lens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace candled {

namespace {

template <class Duration>
Duration stretched(Duration real, double speed) {
  return Duration{static_cast<typename Duration::rep>(static_cast<double>(real.count()) * speed)};
}

// Digits and at most one point: from_chars alone would also take "inf", "-1" and "1e9".
bool is_decimal(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number value{};
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional{value} : std::nullopt;
}

}  // namespace

UtcTime TimeLens::now(std::chrono::system_clock::time_point real) const {
  return start + std::chrono::floor<Milliseconds>(stretched(real - zero, speed));
}

SteadyTime TimeLens::ticks(SteadyTime real, SteadyTime origin) const {
  return origin + stretched(real - origin, speed);
}

SteadyTime TimeLens::real_ticks(SteadyTime when, SteadyTime origin) const {
  using Ticks = SteadyTime::duration;
  auto real = origin + Ticks{static_cast<Ticks::rep>(static_cast<double>((when - origin).count()) / speed)};
  while (ticks(real, origin) < when) real += Ticks{1};  // what the division has cut off
  return real;
}

std::optional<double> parse_drill_speed(std::string_view text) {
  auto const speed = is_decimal(text) ? parse_whole<double>(text) : std::nullopt;
  return speed && *speed >= 1 && *speed <= drill_speed_max ? speed : std::nullopt;
}

std::optional<UtcTime> parse_epoch(std::string_view text) {
  constexpr std::int64_t last_second = 253'402'300'799;  // of the year 9999
  auto const point = std::min(text.find('.'), text.size());
  auto const seconds = is_decimal(text) ? parse_whole<std::int64_t>(text.substr(0, point)) : std::nullopt;
  if (!seconds || *seconds > last_second) return std::nullopt;
  UtcTime const whole{std::chrono::seconds{*seconds}};
  if (point == text.size()) return whole;
  std::string decimals{text.substr(point + 1)};
  if (decimals.empty() || decimals.size() > 3) return std::nullopt;
  decimals.resize(3, '0');
  auto const rest = parse_whole<int>(decimals);
  return rest ? std::optional{whole + Milliseconds{*rest}} : std::nullopt;
}

std::expected<TimeLens, std::string> parse_time_lens(std::string_view text) {
  auto const wrong = [](std::string_view part, std::string_view expected) {
    return std::unexpected(
        fmt::format("expected {}, found '{}'; the whole of it is such as "
                    "'2024-11-25T00:00:00Z x5000 @1764000000.123'",
                    expected, part));
  };
  std::array<std::string_view, 3> parts;
  auto rest = text;
  for (auto& part : parts) {
    auto const space = std::min(rest.find(' '), rest.size());
    part = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  auto const& [when, times, since] = parts;
  auto const start = parse_rfc3339(when);
  if (!start) return wrong(when, "a start such as 2024-11-25T00:00:00Z");
  auto const speed = times.starts_with('x') ? parse_drill_speed(times.substr(1)) : std::nullopt;
  if (!speed) return wrong(times, fmt::format("a speed from x1 to x{}", drill_speed_max));
  auto const zero = since.starts_with('@') ? parse_epoch(since.substr(1)) : std::nullopt;
  if (!zero) return wrong(since, "@ and the real seconds since 1970 at the start");
  if (!rest.empty()) return wrong(rest, "nothing more");
  return TimeLens{.start = *start, .speed = *speed, .zero = *zero};
}

}  // namespace candled
