#include "config/section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/suggest.hpp"

namespace candled {

namespace {

std::string_view in_words(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::value: return "a single value";
    case YamlNode::Kind::list: return "a list";
    case YamlNode::Kind::mapping: return "a mapping";
  }
  return "something else";
}

std::string hint_for_kind(YamlNode const& node, YamlNode::Kind wanted) {
  if (node.kind == YamlNode::Kind::null) return "give it a value, or remove the key";
  if (wanted == YamlNode::Kind::list && node.kind == YamlNode::Kind::value)
    return "write a list: [a, b], or a line \"- …\" for each item";
  bool const url = node.text.find("://") != std::string::npos;
  if (wanted == YamlNode::Kind::mapping && !url && node.text.find(':') != std::string::npos)
    return "put a space after the colon";
  return "";
}

// An unknown key as it may be shown: of `api_key:SECRET`, written without its space, only what is before the
// colon.
std::string shown_key(std::string const& key) {
  auto const colon = key.find(':');
  return colon == std::string::npos ? key.substr(0, 60)
                                    : key.substr(0, std::min<std::size_t>(colon, 60)) + ":…";
}

bool is_at_or_below(std::string_view path, std::string_view ancestor) {
  if (!path.starts_with(ancestor)) return false;
  path.remove_prefix(ancestor.size());
  return path.empty() || path.front() == '.' || path.front() == '[';
}

// Where a key that is written in the wrong section belongs; "" when it exists nowhere.
std::string home_of(std::string const& key, std::vector<KnownKey> const& known) {
  auto const ending = "." + key;
  auto const home =
      std::ranges::find_if(known, [&](KnownKey const& one) { return one.path.ends_with(ending); });
  if (home == known.end()) return "";
  return fmt::format("it belongs to {}", home->path.substr(0, home->path.size() - ending.size()));
}

}  // namespace

Section::Section(Findings& findings, YamlNode const* node, std::string path, Place place)
    : findings_(findings),
      node_(node),
      path_(std::move(path)),
      place_(place),
      problems_before_(findings.problems.size()) {
  if (node_ == nullptr) return;
  for (auto const& child : node_->children) children_.emplace(child.key, &child);
}

Section::~Section() {
  if (node_ == nullptr) return;
  for (auto const& child : node_->children) {
    auto const* const first = children_.at(child.key);
    if (first != &child) {
      report(child.key_place, join(shown_key(child.key)),
             {.message = fmt::format("expected each key once, found it on lines {} and {}",
                                     first->key_place.line, child.key_place.line),
              .hint = "remove one of them"});
    } else if (!names_ && std::ranges::find(declared_, child.key) == declared_.end()) {
      report_unknown(child);
    }
  }
}

void Section::report_unknown(YamlNode const& child) {
  auto hint = did_you_mean(child.key, declared_);
  if (child.key.find(':') != std::string::npos) hint = "put a space after the colon";
  if (child.key == "<<") hint = "merge keys are not supported: write the keys out";
  if (findings_.known.empty()) findings_.known = known_keys();
  if (hint.empty()) hint = home_of(child.key, findings_.known);
  if (hint.empty()) hint = fmt::format("known here: {}", fmt::join(declared_, " "));
  report(child.key_place, path_,
         {.message = fmt::format("expected a known key, found {}", quoted(shown_key(child.key))),
          .hint = std::move(hint)});
}

void Section::rule(std::initializer_list<std::string_view> keys, bool holds, std::string message,
                   std::string hint) {
  if (holds || listing() || std::ranges::any_of(keys, [&](auto key) { return wrong(key); })) return;
  std::string_view last;
  for (auto const key : keys)
    if (has(key) && (last.empty() || place_of(last) < place_of(key))) last = key;
  problem(last, std::move(message), std::move(hint));
}

void Section::problem(std::string_view key, std::string message, std::string hint) {
  if (listing()) return;
  report(place_of(key), has(key) ? join(key) : path_,
         {.message = std::move(message), .hint = std::move(hint)});
}

Place Section::place_of(std::string_view key) const {
  auto const child = children_.find(std::string{key});
  return child == children_.end() ? place_ : child->second->place;
}

Place Section::key_place(std::string_view key) const {
  auto const child = children_.find(std::string{key});
  return child == children_.end() ? place_ : child->second->key_place;
}

std::string Section::join(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

std::string Section::index(std::size_t i) {
  return fmt::format("[{}]", i);
}

bool Section::wrong(std::string_view key) const {
  auto const path = join(key);
  return std::any_of(findings_.problems.begin() + static_cast<std::ptrdiff_t>(problems_before_),
                     findings_.problems.end(),
                     [&](ConfigProblem const& problem) { return is_at_or_below(problem.path, path); });
}

YamlNode const* Section::declare(std::string_view key, std::string const& expected, std::string fallback) {
  declared_.emplace_back(key);
  if (listing())
    findings_.known.push_back({.path = join(key), .expected = expected, .fallback = std::move(fallback)});
  auto const child = children_.find(std::string{key});
  return child == children_.end() ? nullptr : child->second;
}

YamlNode const* Section::declare_required(std::string_view key, std::string const& expected) {
  auto const* const node = declare(key, expected);
  if (listing()) findings_.known.back().required = true;
  if (node == nullptr && !listing())
    report(place_, join(key),
           {.message = fmt::format("expected {}, found that this required key is missing", expected)});
  return node;
}

bool Section::declare_name(YamlNode const& child) {
  names_ = true;
  if (children_.at(child.key) != &child) return false;
  auto const form = short_name();
  if (form.read(child.key)) return true;
  report(child.key_place, path_,
         {.message = fmt::format("expected {}, found {}", form.expected, quoted(shown_key(child.key)))});
  return false;
}

YamlNode const* Section::typed(YamlNode const* node, YamlNode::Kind kind, std::string const& path) {
  if (node == nullptr || node->kind == kind) return node;
  // The value is not shown: it may be a key that was put in the wrong place.
  report(node->place, path,
         {.message = fmt::format("expected {}, found {}", in_words(kind), in_words(node->kind)),
          .hint = hint_for_kind(*node, kind)});
  return nullptr;
}

bool Section::at_least_one(YamlNode const& node, std::string_view key) {
  if (!node.children.empty()) return true;
  report(node.place, join(key), {.message = "expected at least one, found none"});
  return false;
}

std::string const* Section::text_of(YamlNode const& node, std::string const& path,
                                    std::string const& expected, References references) {
  if (node.kind != YamlNode::Kind::value) {
    auto hint = node.kind == YamlNode::Kind::null && node.key.empty()
                    ? "quote it if it is a word"
                    : hint_for_kind(node, YamlNode::Kind::value);
    report(node.place, path,
           {.message = fmt::format("expected {}, found {}", expected, in_words(node.kind)),
            .hint = std::move(hint)});
    return nullptr;
  }
  if (references == References::refused && node.text.find("${") != std::string::npos) {
    report(node.place, path,
           {.message = fmt::format("expected {}, found a reference (${{…}})", expected),
            .hint = "only api_key and database.url may hold references"});
    return nullptr;
  }
  return &node.text;
}

void Section::refuse_value(YamlNode const& node, std::string const& path, std::string const& expected,
                           References references, std::vector<Refusal> refusals) {
  auto const found = references == References::allowed ? "something else" : quoted(node.text);
  for (auto& refusal : refusals) {
    if (refusal.message.empty()) refusal.message = fmt::format("expected {}, found {}", expected, found);
    report(node.place, path, std::move(refusal));
  }
}

void Section::report(Place place, std::string path, Refusal refusal) {
  findings_.problems.push_back({.file = findings_.file,
                                .line = place.line,
                                .column = place.column,
                                .path = std::move(path),
                                .message = std::move(refusal.message),
                                .hint = std::move(refusal.hint),
                                .secret_or_permission = refusal.secret_or_permission});
}

}  // namespace candled
