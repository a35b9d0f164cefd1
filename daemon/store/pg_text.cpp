#include "store/pg_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace candled {

namespace {

using namespace std::chrono_literals;

constexpr UtcTime first_time = std::chrono::sys_days{1y / 1 / 1};
constexpr UtcTime last_time = std::chrono::sys_days{10000y / 1 / 1};

// How many bytes a UTF-8 sequence has that begins with this one; 0: none does. PostgreSQL's text holds no
// NUL.
std::size_t length_by(unsigned first) {
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF5 ? 4 : 0;
}

// False: an overlong form, a surrogate, or beyond U+10FFFF.
bool go_together(unsigned first, unsigned second) {
  switch (first) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second < 0xA0;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second < 0x90;
    default: return true;
  }
}

// The length of the well-formed UTF-8 sequence at the front of `text` (not empty), 0 when there is none (RFC
// 3629).
std::size_t utf8_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return unsigned{static_cast<unsigned char>(text[i])}; };
  auto const length = length_by(byte(0));
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  return length < 2 || go_together(byte(0), byte(1)) ? length : 0;
}

// Takes one number from the front of `text`, and the blank after it.
std::int64_t take_number(std::string_view& text) {
  std::int64_t value = 0;
  auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) throw std::runtime_error("a time that is not finite is stored");
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return value;
}

}  // namespace

std::string pg_text(UtcTime time) {
  if (time < first_time) return "-infinity";
  if (time >= last_time) return "infinity";
  return to_rfc3339(time);
}

std::string pg_text(TimeRange range) {
  return fmt::format("[{},{})", pg_text(range.from), pg_text(range.to));
}

std::string pg_text(RangeSet const& set) {
  std::string text = "{";
  for (auto const& range : set.ranges()) {
    if (text.size() > 1) text += ',';
    text += pg_text(range);
  }
  return text + "}";
}

std::string pg_text(double value) {
  return fmt::format("{}", value);
}

std::string pg_text(std::int32_t value) {
  return fmt::format("{}", value);
}

std::string pg_text(std::int64_t value) {
  return fmt::format("{}", value);
}

std::string pg_text(SeriesId id) {
  return pg_text(std::to_underlying(id));
}

std::string pg_text(Milliseconds duration) {
  return fmt::format("{}", duration.count());
}

std::string pg_text(std::string_view text) {
  std::string good;
  good.reserve(text.size());
  while (!text.empty()) {
    auto const length = utf8_length(text);
    if (length == 0)
      good += '?';
    else
      good += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return good;
}

void PgArray::add_raw(std::string_view element) {
  if (text_.size() > 1) text_ += ',';
  text_ += element;
}

void PgArray::add_quoted(std::string_view element) {
  add_raw("\"");
  for (char const c : element) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}

std::string time_sql(std::string_view column) {
  return fmt::format("(extract(epoch FROM {}) * 1000)::int8", column);
}

UtcTime parse_time(std::string_view milliseconds) {
  return UtcTime{Milliseconds{take_number(milliseconds)}};
}

std::string ranges_sql(std::string_view column) {
  return fmt::format("(SELECT coalesce(string_agg({} || ' ' || {}, ' '), '') FROM unnest({}) r)",
                     time_sql("lower(r)"), time_sql("upper(r)"), column);
}

RangeSet parse_ranges(std::string_view milliseconds) {
  RangeSet set;
  while (!milliseconds.empty()) {
    auto const from = take_number(milliseconds);
    auto const to = take_number(milliseconds);
    set.add({.from = UtcTime{Milliseconds{from}}, .to = UtcTime{Milliseconds{to}}});
  }
  return set;
}

}  // namespace candled
