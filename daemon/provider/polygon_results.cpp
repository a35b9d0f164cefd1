#include "provider/polygon_results.hpp"

#include <algorithm>
#include <array>

namespace candled {

namespace {

namespace json = simdjson::ondemand;
using polygon_json::is_no_value;
using polygon_json::is_null;
using polygon_json::read_whole;
using polygon_json::shown;
using polygon_json::Whole;
using polygon_json::words;

constexpr double unread = std::numeric_limits<double>::quiet_NaN();

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::malformed, std::move(what));
}

enum BarKey : unsigned {
  bar_other = 0,
  bar_t = 1,
  bar_o = 2,
  bar_h = 4,
  bar_l = 8,
  bar_c = 16,
  bar_v = 32,
  bar_vw = 64,
  bar_n = 128,
  bar_ticker = 256  // T: only other endpoints have it
};

constexpr std::string_view name_of(BarKey key) {
  switch (key) {
    case bar_t: return "t";
    case bar_o: return "o";
    case bar_h: return "h";
    case bar_l: return "l";
    case bar_c: return "c";
    case bar_v: return "v";
    case bar_vw: return "vw";
    case bar_n: return "n";
    case bar_ticker: return "T";
    case bar_other: break;
  }
  return "";
}

// Compared as written: a key with an escape in it is not one that the provider sends. There are eight in each
// bar, so they are told by their letters. What lies behind the key's quote can be read: simdjson's padding,
// at the least.
BarKey bar_key(json::raw_json_string key) {
  char const* const text = key.raw();
  if (text[1] == 'w' && text[2] == '"' && text[0] == 'v') return bar_vw;
  if (text[1] != '"') return bar_other;
  switch (text[0]) {
    case 'v': return bar_v;
    case 'o': return bar_o;
    case 'c': return bar_c;
    case 'h': return bar_h;
    case 'l': return bar_l;
    case 't': return bar_t;
    case 'n': return bar_n;
    case 'T': return bar_ticker;
    default: return bar_other;
  }
}

// One element of `results`. What could not be read of the bar is NaN.
struct ReadBar {
  Bar bar{};
  std::optional<std::int64_t> t;
  std::string problem;  // of the first field that cannot be read; empty: none
  bool count_is_too_large = false;
  bool is_foreign = false;  // it says that it is of another ticker
};

[[gnu::always_inline]] inline bool read_price(json::value& value, double& price) {
  if (value.get(price) == simdjson::SUCCESS) return true;
  price = unread;
  return false;
}

// -1 in a Bar says that there was no count, so a negative count becomes one that says that it is negative.
// One that the column does not hold is as good as none: the bar is worth more than its count.
[[gnu::always_inline]] inline bool read_count(json::value& value, ReadBar& read) {
  std::int64_t number = 0;
  auto const whole = read_whole(value, number);
  if (whole == Whole::no) return is_null(value);
  constexpr auto max = std::numeric_limits<std::int32_t>::max();
  if (whole == Whole::too_large || number > max)
    read.count_is_too_large = true;
  else
    read.bar.trade_count =
        number < 0 ? std::numeric_limits<std::int32_t>::min() : static_cast<std::int32_t>(number);
  return true;
}

[[gnu::always_inline]] inline bool read_time(json::value& value, std::optional<std::int64_t>& t) {
  std::int64_t number = 0;
  auto const whole = read_whole(value, number);
  if (whole == Whole::no) return false;
  t = whole == Whole::yes ? number : std::numeric_limits<std::int64_t>::max();  // either is nowhere
  return true;
}

bool read_ticker(json::value& value, std::string_view ticker, bool& is_foreign) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return is_null(value);
  is_foreign = text != ticker;
  return true;
}

// False: it is not what this key can have. In line, as what it calls: a call for each of 400,000 fields is a
// third of the time.
[[gnu::always_inline]] inline bool read_field(BarKey key, json::value& value, BarLimits const& limits,
                                              ReadBar& read) {
  auto& bar = read.bar;
  switch (key) {
    case bar_t: return read_time(value, read.t);
    case bar_o: return read_price(value, bar.open);
    case bar_h: return read_price(value, bar.high);
    case bar_l: return read_price(value, bar.low);
    case bar_c: return read_price(value, bar.close);
    case bar_v:
      if (read_price(value, bar.volume)) return true;
      if (limits.volume == Volume::required || !is_null(value)) return false;
      bar.volume = 0;
      return true;
    case bar_vw: return read_price(value, bar.vwap) || is_null(value);
    case bar_n: return read_count(value, read);
    case bar_ticker: return read_ticker(value, limits.ticker, read.is_foreign);
    case bar_other: break;
  }
  return true;
}

void note(ReadBar& read, std::string problem) {
  if (read.problem.empty()) read.problem = std::move(problem);
}

void note_missing(unsigned seen, Volume volume, ReadBar& read) {
  auto& bar = read.bar;
  struct Needed {
    BarKey key;
    double* value;
  };
  for (auto const& [key, value] : {Needed{bar_t, nullptr},
                                   {bar_o, &bar.open},
                                   {bar_h, &bar.high},
                                   {bar_l, &bar.low},
                                   {bar_c, &bar.close},
                                   {bar_v, &bar.volume}}) {
    if ((seen & key) != 0 || (key == bar_v && volume == Volume::optional)) continue;
    if (value != nullptr) *value = unread;
    note(read, fmt::format("{} is missing", name_of(key)));
  }
}

// An error is one of the text: what follows it cannot be told from what belongs to it. Of an unknown key
// nothing is read.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): each step of simdjson may fail
simdjson::error_code read_bar(json::value& element, BarLimits const& limits, ReadBar& read) {
  json::object object;
  if (auto const error = element.get(object)) {
    if (error != simdjson::INCORRECT_TYPE) return error;
    if (is_no_value(element)) return simdjson::TAPE_ERROR;
    note(read, fmt::format("{} is no bar", shown(element)));
    return simdjson::SUCCESS;
  }
  constexpr unsigned needed = bar_t | bar_o | bar_h | bar_l | bar_c | bar_v;
  unsigned seen = 0;
  for (auto field : object) {
    json::raw_json_string name;
    if (auto const error = field.key().get(name)) return error;
    auto const key = bar_key(name);
    if (key == bar_other) continue;
    json::value value;
    if (auto const error = field.value().get(value)) return error;
    if ((seen & key) != 0) {
      note(read, fmt::format("{} comes twice, then as {}", name_of(key), shown(value)));
      if (key == bar_t) read.t.reset();
    } else if (!read_field(key, value, limits, read)) {
      if (is_no_value(value)) return simdjson::TAPE_ERROR;
      note(read, fmt::format("{} is {}", name_of(key), shown(value)));
    }
    seen |= key;
  }
  if ((seen & needed) != needed) note_missing(seen, limits.volume, read);
  // An average of 0 is none, whether or not anything was traded.
  if (read.bar.vwap == 0) read.bar.vwap = unread;
  return simdjson::SUCCESS;
}

// Puts each element where it belongs, and remembers between which times those stand whose own cannot be read.
class Placing {
 public:
  Placing(BarLimits const& limits, std::vector<Bar>& out, PolygonAnswer& answer)
      : limits_(limits), out_(out), answer_(answer) {}

  Result<void> place(ReadBar& read) {
    auto const index = answer_.results++;
    if (read.is_foreign) return malformed(fmt::format("results[{}] is of another ticker", index));
    if (read.count_is_too_large) ++answer_.counts_too_large;
    if (!read.t) return add_unreadable(read, false);
    auto& bar = read.bar;
    bar.start = UtcTime{Milliseconds{*read.t}};
    bool const within = limits_.range.contains(bar.start);
    // The number as it came: it may be seconds or nanoseconds, which no calendar holds.
    if (!within && (bar.start < limits_.range.to || bar.start >= limits_.dropped_until))
      return malformed(
          fmt::format("results[{}]: t {} lies outside the range that was asked", index, *read.t));
    note_time(bar.start);
    if (!within)
      ++answer_.outside;
    else if (read.problem.empty())
      out_.push_back(bar);
    else
      return add_unreadable(read, true);
    return {};
  }

 private:
  void note_time(UtcTime start) {
    if (last_ && start < *last_) answer_.in_order = false;
    for (; waiting_ < answer_.unreadable.size(); ++waiting_) {
      auto& one = answer_.unreadable[waiting_];
      if (!one.has_time) one.before = start;
    }
    last_ = start;
  }

  Result<void> add_unreadable(ReadBar& read, bool has_time) {
    answer_.unreadable.push_back(
        {.bar = read.bar, .problem = std::move(read.problem), .has_time = has_time, .after = last_});
    if (answer_.unreadable.size() <= unreadable_bars_max) return {};
    return malformed(fmt::format("more than {} bars cannot be read, the first for its {}",
                                 unreadable_bars_max, answer_.unreadable.front().problem));
  }

  BarLimits const& limits_;
  std::vector<Bar>& out_;
  PolygonAnswer& answer_;
  std::optional<UtcTime> last_;
  std::size_t waiting_ = 0;  // the first that has not seen a time behind it
};

}  // namespace

Result<void> read_results(json::value value, BarLimits const& limits, std::vector<Bar>& out,
                          PolygonAnswer& answer) {
  if (is_null(value)) return {};
  json::array bars;
  if (auto const error = value.get(bars)) {
    if (error == simdjson::INCORRECT_TYPE) return malformed(fmt::format("results is {}", shown(value)));
    return malformed(fmt::format("results: {}", words(error)));
  }
  Placing placing{limits, out, answer};
  for (auto item : bars) {
    json::value element;
    auto error = item.get(element);
    ReadBar read;
    if (!error) error = read_bar(element, limits, read);
    if (error) return malformed(fmt::format("results[{}]: {}", answer.results, words(error)));
    if (auto const placed = placing.place(read); !placed) return placed;
  }
  return {};
}

}  // namespace candled
