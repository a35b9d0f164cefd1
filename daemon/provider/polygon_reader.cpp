#include "provider/polygon_reader.hpp"

#include <array>

#include "provider/polygon_json.hpp"
#include "provider/polygon_results.hpp"

namespace candled {

namespace {

namespace json = simdjson::ondemand;
using polygon_json::is_null;
using polygon_json::read_whole;
using polygon_json::shown;
using polygon_json::Whole;
using polygon_json::words;

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::malformed, std::move(what));
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
  answer_results = 128,
  answer_query_count = 256,
  answer_results_count = 512,
  answer_count = 1024
};

struct NamedKey {
  AnswerKey key;
  std::string_view name;
};

constexpr std::array answer_keys{
    NamedKey{answer_ticker, "ticker"},
    NamedKey{answer_query_count, "queryCount"},
    NamedKey{answer_results_count, "resultsCount"},
    NamedKey{answer_adjusted, "adjusted"},
    NamedKey{answer_results, "results"},
    NamedKey{answer_status, "status"},
    NamedKey{answer_request_id, "request_id"},
    NamedKey{answer_count, "count"},
    NamedKey{answer_next_url, "next_url"},
    NamedKey{answer_error, "error"},
    NamedKey{answer_message, "message"},
};

NamedKey answer_key(json::raw_json_string key) {
  for (auto const& one : answer_keys)
    if (key.unsafe_is_equal(one.name)) return one;
  return {answer_other, ""};
}

bool read_text(json::value value, std::optional<std::string>& text) {
  std::string_view view;
  if (value.get(view) != simdjson::SUCCESS) return false;
  text = view;
  return true;
}

bool read_flag(json::value value, std::optional<bool>& flag) {
  bool is = false;
  if (value.get(is) != simdjson::SUCCESS) return false;
  flag = is;
  return true;
}

bool read_number(json::value value, std::optional<std::int64_t>& number) {
  std::int64_t whole = 0;
  if (read_whole(value, whole) != Whole::yes) return false;
  number = whole;
  return true;
}

// It names the answer for the provider's support, and decides nothing: whatever is no text is none.
bool read_name(json::value value, std::string& name) {
  std::string_view view;
  if (value.get(view) == simdjson::SUCCESS) name = view;
  return true;
}

// False: it is not what this key can have.
bool read_member(AnswerKey key, json::value value, PolygonAnswer& answer) {
  switch (key) {
    case answer_ticker: return read_text(value, answer.ticker);
    case answer_adjusted: return read_flag(value, answer.adjusted);
    case answer_status: return read_text(value, answer.status);
    case answer_next_url: return read_text(value, answer.next_url);
    case answer_error: return read_text(value, answer.error);
    case answer_message: return read_text(value, answer.message);
    case answer_request_id: return read_name(value, answer.request_id);
    case answer_query_count: return read_number(value, answer.query_count);
    case answer_results_count: return read_number(value, answer.results_count);
    case answer_count: return read_number(value, answer.count);
    case answer_results:
    case answer_other: break;
  }
  return true;
}

Result<void> read_value(AnswerKey key, std::string_view name, json::value value, BarLimits const& limits,
                        std::vector<Bar>& out, PolygonAnswer& answer) {
  if (key == answer_results) return read_results(value, limits, out, answer);
  if (!read_member(key, value, answer) && !is_null(value))
    return malformed(fmt::format("{} is {}", name, shown(value)));
  return {};
}

Result<void> read_answer(json::object object, BarLimits const& limits, std::vector<Bar>& out,
                         PolygonAnswer& answer) {
  unsigned seen = 0;
  for (auto field : object) {
    json::raw_json_string raw;
    if (auto const error = field.key().get(raw)) return malformed(words(error));
    auto const [key, name] = answer_key(raw);
    if (key == answer_other) continue;
    if ((seen & key) != 0) return malformed(fmt::format("{} comes twice", name));
    seen |= key;
    json::value value;
    if (auto const error = field.value().get(value)) return malformed(words(error));
    if (auto const read = read_value(key, name, value, limits, out, answer); !read) return read;
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
