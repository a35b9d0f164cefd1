// Values in PostgreSQL's text format, for parameters: arrays carry many rows in one statement.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/range_set.hpp"
#include "core/time.hpp"

namespace candled {

// Times that no calendar of ours holds (before year 1, after 9999) become the infinities.
std::string pg_text(UtcTime time);
std::string pg_text(TimeRange range);      // tstzrange
std::string pg_text(RangeSet const& set);  // tstzmultirange
std::string pg_text(double value);         // shortest form that reads back as the same value
std::string pg_text(std::int32_t value);
std::string pg_text(std::int64_t value);
std::string pg_text(SeriesId id);
std::string pg_text(Milliseconds duration);  // an int8

// Text that PostgreSQL takes: broken UTF-8 and NUL become "?".
std::string pg_text(std::string_view text);

// Builds {"…","…"}: an array of any type whose elements were made by pg_text.
class PgArray {
 public:
  template <class Value>
  void add(Value const& value) {
    add_quoted(pg_text(value));
  }
  template <class Value>
  void add(std::optional<Value> const& value) {
    value ? add(*value) : add_raw("NULL");
  }
  std::string text() const { return text_ + "}"; }
  bool empty() const { return text_.size() == 1; }

 private:
  void add_raw(std::string_view element);
  void add_quoted(std::string_view element);

  std::string text_ = "{";
};

// SQL for the ranges of the tstzmultirange `column` as "from until from until …" in milliseconds since 1970:
// the text of a range depends on settings, this does not. Read back by `parse_ranges`.
std::string ranges_sql(std::string_view column);
RangeSet parse_ranges(std::string_view milliseconds);
// SQL for a timestamptz as milliseconds since 1970, and back.
std::string time_sql(std::string_view column);
UtcTime parse_time(std::string_view milliseconds);

}  // namespace candled
