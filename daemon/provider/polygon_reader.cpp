#include "provider/polygon_reader.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <limits>
#include <string_view>

namespace candled {

namespace {

namespace json = simdjson::ondemand;

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::malformed, std::move(what));
}

// simdjson's words, in the form of ours.
std::string words(simdjson::error_code error) {
  std::string_view text = simdjson::error_message(error);
  return fmt::format("JSON: {}", text.substr(0, text.find_last_not_of('.') + 1));
}

// Which of a set of keys have been read; each may come once.
class Seen {
 public:
  // False: it came before.
  bool add(unsigned key) {
    bool const is_new = (keys_ & key) == 0;
    keys_ |= key;
    return is_new;
  }
  bool has(unsigned keys) const { return (keys_ & keys) == keys; }

 private:
  unsigned keys_ = 0;
};

enum BarKey : unsigned {
  bar_other = 0,
  bar_t = 1,
  bar_o = 2,
  bar_h = 4,
  bar_l = 8,
  bar_c = 16,
  bar_v = 32,
  bar_vw = 64,
  bar_n = 128
};
constexpr unsigned bar_required = bar_t | bar_o | bar_h | bar_l | bar_c;

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
    default: return bar_other;
  }
}

// -1 in a Bar says that there was no count, so a negative count becomes one that says that it is negative.
simdjson::error_code read_count(json::value value, std::int32_t& count) {
  std::int64_t number = 0;
  if (auto const error = value.get(number)) return error;
  if (number > std::numeric_limits<std::int32_t>::max()) return simdjson::NUMBER_OUT_OF_RANGE;
  count = number < 0 ? std::numeric_limits<std::int32_t>::min() : static_cast<std::int32_t>(number);
  return simdjson::SUCCESS;
}

simdjson::error_code read_bar_value(BarKey key, json::value value, Bar& bar, std::int64_t& t) {
  switch (key) {
    case bar_t: return value.get(t);
    case bar_o: return value.get(bar.open);
    case bar_h: return value.get(bar.high);
    case bar_l: return value.get(bar.low);
    case bar_c: return value.get(bar.close);
    case bar_v: return value.get(bar.volume);
    case bar_vw: return value.get(bar.vwap);
    case bar_n: return read_count(value, bar.trade_count);
    case bar_other: break;
  }
  return simdjson::SUCCESS;
}

std::string_view missing(Seen const& seen, Volume volume) {
  if (!seen.has(bar_required)) return "t, o, h, l or c is missing";
  if (volume == Volume::required && !seen.has(bar_v)) return "v is missing";
  return {};
}

// What is wrong with the bar; empty: nothing. Of an unknown key nothing is read.
std::string read_bar(json::value element, Volume volume, Bar& bar, std::int64_t& t) {
  json::object object;
  if (auto const error = element.get(object)) return words(error);
  Seen seen;
  for (auto field : object) {
    json::raw_json_string name;
    if (auto const error = field.key().get(name)) return words(error);
    auto const key = bar_key(name);
    if (key == bar_other) continue;
    if (!seen.add(key)) return "a key comes twice";
    json::value value;
    if (auto const error = field.value().get(value)) return words(error);
    if (auto const error = read_bar_value(key, value, bar, t)) return words(error);
  }
  // Nothing was traded, so there is no average: 0 stands for none.
  if (bar.vwap == 0 && bar.volume == 0) bar.vwap = std::numeric_limits<double>::quiet_NaN();
  return std::string{missing(seen, volume)};
}

// Appends the bar, or counts it. False: it cannot be one of this answer's.
bool place_bar(Bar bar, std::int64_t t, BarLimits const& limits, std::vector<Bar>& out,
               std::size_t& outside) {
  bar.start = UtcTime{Milliseconds{t}};
  if (limits.range.contains(bar.start)) {
    out.push_back(bar);
    return true;
  }
  if (bar.start < limits.range.to || bar.start >= limits.dropped_until) return false;
  ++outside;
  return true;
}

Result<void> read_results(json::value value, BarLimits const& limits, std::vector<Bar>& out,
                          PolygonAnswer& answer) {
  json::json_type type{};
  if (value.type().get(type) == simdjson::SUCCESS && type == json::json_type::null) return {};
  json::array bars;
  if (auto const error = value.get(bars)) return malformed(fmt::format("results: {}", words(error)));
  std::size_t index = 0;
  for (auto item : bars) {
    json::value element;
    if (auto const error = item.get(element))
      return malformed(fmt::format("results[{}]: {}", index, words(error)));
    Bar bar{};
    std::int64_t t = 0;
    if (auto const problem = read_bar(element, limits.volume, bar, t); !problem.empty())
      return malformed(fmt::format("results[{}]: {}", index, problem));
    // The number as it came: it may be seconds or nanoseconds, which no calendar holds.
    if (!place_bar(bar, t, limits, out, answer.outside))
      return malformed(fmt::format("results[{}]: t {} lies outside the range that was asked", index, t));
    ++index;
  }
  answer.has_results = index > 0;
  return {};
}

enum AnswerKey : unsigned {
  answer_other = 0,
  answer_ticker = 1,
  answer_adjusted = 2,
  answer_status = 4,
  answer_next_url = 8,
  answer_error = 16,
  answer_message = 32,
  answer_request_id = 64,
  answer_results = 128
};

AnswerKey answer_key(json::raw_json_string key) {
  auto const is = [key](std::string_view name) { return key.unsafe_is_equal(name); };
  if (is("ticker")) return answer_ticker;
  if (is("adjusted")) return answer_adjusted;
  if (is("results")) return answer_results;
  if (is("status")) return answer_status;
  if (is("next_url")) return answer_next_url;
  if (is("error")) return answer_error;
  if (is("message")) return answer_message;
  if (is("request_id")) return answer_request_id;
  return answer_other;
}

simdjson::error_code read_text(json::value value, std::string& text) {
  std::string_view view;
  auto const error = value.get(view);
  if (!error) text = view;
  return error;
}

simdjson::error_code read_text(json::value value, std::optional<std::string>& text) {
  json::json_type type{};
  if (auto const error = value.type().get(type)) return error;
  if (type == json::json_type::null) return simdjson::SUCCESS;  // as good as absent
  return read_text(value, text.emplace());
}

simdjson::error_code read_member(AnswerKey key, json::value value, PolygonAnswer& answer) {
  switch (key) {
    case answer_ticker: return read_text(value, answer.ticker);
    case answer_adjusted: return value.get(answer.adjusted.emplace());
    case answer_status: return read_text(value, answer.status);
    case answer_next_url: return read_text(value, answer.next_url);
    case answer_error: return read_text(value, answer.error);
    case answer_message: return read_text(value, answer.message);
    case answer_request_id: return read_text(value, answer.request_id);
    case answer_results:
    case answer_other: break;
  }
  return simdjson::SUCCESS;
}

Result<void> read_answer(json::object object, BarLimits const& limits, std::vector<Bar>& out,
                         PolygonAnswer& answer) {
  Seen seen;
  for (auto field : object) {
    json::raw_json_string name;
    if (auto const error = field.key().get(name)) return malformed(words(error));
    auto const key = answer_key(name);
    if (key == answer_other) continue;
    if (!seen.add(key)) return malformed("a key comes twice");
    json::value value;
    if (auto const error = field.value().get(value)) return malformed(words(error));
    if (key == answer_results) {
      if (auto const read = read_results(value, limits, out, answer); !read) return read;
    } else if (auto const error = read_member(key, value, answer)) {
      return malformed(words(error));
    }
  }
  return {};
}

}  // namespace

struct PolygonReader::Parser {
  json::parser json;
};

PolygonReader::PolygonReader() : parser_(std::make_unique<Parser>()) {}
PolygonReader::~PolygonReader() = default;

Result<PolygonAnswer> PolygonReader::read(std::string& body, BarLimits const& limits, std::vector<Bar>& out) {
  constexpr auto blanks = " \t\r\n";
  auto const first = body.find_first_not_of(blanks);
  if (first == std::string::npos || body[first] != '{') return malformed("not a JSON object");
  if (body[body.find_last_not_of(blanks)] != '}')
    return fail(ErrorKind::remote_failed, "the answer ends in the middle; asking again may help");

  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  json::document document;
  json::object object;
  auto error = parser_->json.iterate(body.data(), body.size(), body.capacity()).get(document);
  if (!error) error = document.get_object().get(object);
  if (error) return malformed(words(error));

  PolygonAnswer answer;
  if (auto const read = read_answer(object, limits, out, answer); !read) return std::unexpected(read.error());
  // simdjson does not look behind the object's end.
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return malformed("something follows the end of the JSON object");
  return answer;
}

}  // namespace candled
