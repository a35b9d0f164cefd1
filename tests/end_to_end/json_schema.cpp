#include "end_to_end/json_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

namespace candled::test {

namespace {

using Json = nlohmann::json;

class Check {
 public:
  Check(Json const& document, std::vector<std::string>& problems)
      : document_(document), problems_(problems) {}

  void check(Json const& schema, Json const& value, std::string const& path) {
    if (auto const reference = schema.find("$ref"); reference != schema.end())
      return check(document_.at(Json::json_pointer{reference->get<std::string>().substr(1)}), value, path);
    static std::set<std::string> const known{"type",       "description", "required", "additionalProperties",
                                             "properties", "items",       "enum",     "minimum",
                                             "maximum",    "minItems",    "format",   "default",
                                             "pattern",    "anyOf"};
    for (auto const& [word, ignored] : schema.items())
      if (!known.contains(word)) problems_.push_back(path + ": the schema says " + word);
    if (auto const choices = schema.find("anyOf"); choices != schema.end())
      return check_any(*choices, value, path);
    if (!has_type(schema.value("type", Json{"object"}), value))
      return problems_.push_back(path + ": is " + value.dump().substr(0, 80));
    if (auto const choices = schema.find("enum");
        choices != schema.end() && std::find(choices->begin(), choices->end(), value) == choices->end())
      problems_.push_back(path + ": is none of " + choices->dump() + " but " + value.dump());
    if (schema.contains("minimum") && value.is_number() && value < schema["minimum"])
      problems_.push_back(path + ": is too small");
    static std::regex const time{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z)"};
    if (schema.value("format", "") == "date-time" && !std::regex_match(value.get<std::string>(), time))
      problems_.push_back(path + ": is no time but " + value.dump());
    if (auto const pattern = schema.find("pattern");
        pattern != schema.end() &&
        !std::regex_match(value.get<std::string>(), std::regex{pattern->get<std::string>()}))
      problems_.push_back(path + ": does not match, " + value.dump());
    if (value.is_object()) check_members(schema, value, path);
    if (value.is_array() && schema.contains("items"))
      for (auto const& one : value) check(schema["items"], one, path + "[]");
  }

 private:
  static bool is(std::string const& type, Json const& value) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "boolean" && value.is_boolean()) ||
           (type == "null" && value.is_null());
  }
  static bool has_type(Json const& types, Json const& value) {
    if (types.is_string()) return is(types.get<std::string>(), value);
    return std::any_of(types.begin(), types.end(),
                       [&](Json const& type) { return is(type.get<std::string>(), value); });
  }

  void check_any(Json const& choices, Json const& value, std::string const& path) {
    for (auto const& choice : choices) {
      std::vector<std::string> problems;
      Check{document_, problems}.check(choice, value, path);
      if (problems.empty()) return;
    }
    problems_.push_back(path + ": is none of these, " + value.dump().substr(0, 80));
  }

  void check_members(Json const& schema, Json const& value, std::string const& path) {
    for (auto const& name : schema.value("required", Json::array()))
      if (!value.contains(name.get<std::string>()))
        problems_.push_back(path + ": has no " + name.get<std::string>());
    auto const properties = schema.value("properties", Json::object());
    for (auto const& [name, member] : value.items()) {
      if (properties.contains(name)) {
        check(properties[name], member, path + "." + name);
      } else if (!schema.value("additionalProperties", true)) {
        problems_.push_back(path + ": has " + name);
      }
    }
  }

  Json const& document_;
  std::vector<std::string>& problems_;
};

}  // namespace

std::vector<std::string> schema_problems(Json const& document, Json const& schema, Json const& value) {
  std::vector<std::string> problems;
  Check{document, problems}.check(schema, value, "$");
  return problems;
}

}  // namespace candled::test
