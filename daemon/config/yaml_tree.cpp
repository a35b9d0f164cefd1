#include "config/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "config/text_check.hpp"

namespace candled {

namespace {

constexpr std::string_view indentation_hint =
    "compare the indentation of this line with the lines above, and see that every key ends with a colon and "
    "a space";

Place place_of(YAML::Mark const& mark) {
  if (mark.is_null()) return {.line = 1, .column = 1};
  return {.line = mark.line + 1, .column = mark.column + 1};
}

ConfigProblem problem_at(Place place, std::string message, std::string hint) {
  return {.line = place.line, .column = place.column, .message = std::move(message), .hint = std::move(hint)};
}

std::size_t nodes_of(YamlNode const& node) {
  std::size_t count = 1;
  for (auto const& child : node.children) count += nodes_of(child);
  return count;
}

// `line` starts with a quote. Within double quotes a backslash takes the next character along; within single
// quotes two of them stand for one.
bool closes_its_quote(std::string_view line) {
  auto const quote = line.front();
  for (std::size_t i = 1; i < line.size(); ++i) {
    bool const doubled = quote == '\'' && line.substr(i).starts_with("''");
    if (doubled || (quote == '"' && line[i] == '\\')) {
      ++i;
    } else if (line[i] == quote) {
      return true;
    }
  }
  return false;
}

// Builds the tree from the parser's events. After the first problem it ignores what still comes: the parser
// cannot be stopped, and the text is small.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  std::optional<ConfigProblem> const& problem() const { return problem_; }
  YamlNode& root() { return root_; }

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (++documents_ == 2)
      refuse(place_of(mark), "expected one document, found a second one",
             "keep one `---` at most, and give each file to a candled of its own");
  }
  void OnDocumentEnd() override {}

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    add({.kind = YamlNode::Kind::null, .place = place_of(mark)}, anchor);
  }

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    if (problem_) return;
    auto const found = anchors_.find(anchor);
    if (found == anchors_.end())
      return refuse(place_of(mark), "expected an alias of something above, found one of what it is part of",
                    "");
    // Counted before it is copied: the sum over a bomb's levels never exceeds the limit.
    nodes_ += nodes_of(found->second) - 1;
    if (nodes_ > yaml_nodes_max) return refuse_size(place_of(mark));
    add(found->second, YAML::NullAnchor);
  }

  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                std::string const& value) override {
    check_tag(mark, tag);
    check_one_line(mark, value);
    add({.kind = YamlNode::Kind::value, .place = place_of(mark), .text = value}, anchor);
  }

  void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    check_tag(mark, tag);
    open({.kind = YamlNode::Kind::list, .place = place_of(mark)}, anchor, style);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    check_tag(mark, tag);
    open({.kind = YamlNode::Kind::mapping, .place = place_of(mark)}, anchor, style);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    bool flow;                    // written with brackets
    std::optional<YamlNode> key;  // of the child that comes next
  };

  void refuse(Place place, std::string message, std::string hint) {
    if (!problem_) problem_ = problem_at(place, std::move(message), std::move(hint));
  }

  void refuse_size(Place place) {
    refuse(place, "expected at most 200,000 values in one file, aliases written out, found more",
           "use symbols_file for long lists, and fewer aliases of aliases");
  }

  void check_tag(YAML::Mark const& mark, std::string const& tag) {
    // "?" is a plain value, "!" a quoted one.
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(place_of(mark), "expected a plain value, found a tag (!…)", "leave the tag out");
  }

  // A forgotten quote or colon makes one value of several lines: said here, before their text, which may hold
  // a secret, is taken for the value of a key that may be shown.
  void check_one_line(YAML::Mark const& mark, std::string const& value) {
    auto const written = text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()));
    auto const line = written.substr(0, written.find('\n'));
    bool const quoted = line.starts_with('"') || line.starts_with('\'');
    if (quoted && !closes_its_quote(line))
      refuse(place_of(mark), "expected a closing quote on the same line, found none", "close the quote");
    if (!quoted && !line.starts_with(value))
      refuse(place_of(mark), "expected a value on one line, found one that goes on below it",
             !open_.empty() && open_.back().flow ? "put a comma after it, or close the bracket before it"
                                                 : std::string{indentation_hint});
  }

  void open(YamlNode node, YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    if (problem_) return;
    if (open_.size() >= yaml_depth_max)
      return refuse(node.place, "expected at most 16 levels of nesting, found more", "");
    open_.push_back({.node = std::move(node),
                     .anchor = anchor,
                     .flow = style == YAML::EmitterStyle::Flow,
                     .key = std::nullopt});
  }

  void close() {
    if (problem_) return;
    auto closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (problem_) return;
    if (++nodes_ > yaml_nodes_max) return refuse_size(node.place);
    if (anchor != YAML::NullAnchor) anchors_.insert_or_assign(anchor, node);
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.kind == YamlNode::Kind::list) {
      open_.back().node.children.push_back(std::move(node));
    } else {
      add_to_mapping(open_.back(), std::move(node));
    }
  }

  void add_to_mapping(Open& mapping, YamlNode node) {
    if (!mapping.key) {
      if (node.kind != YamlNode::Kind::value)
        return refuse(node.place, "expected a key that is text, found something else", "");
      mapping.key = std::move(node);
      return;
    }
    node.key = std::move(mapping.key->text);
    node.key_place = mapping.key->place;
    // The parser gives a missing value the place of what comes next.
    if (node.kind == YamlNode::Kind::null) node.place = node.key_place;
    mapping.key.reset();
    mapping.node.children.push_back(std::move(node));
  }

  std::string_view text_;
  int documents_ = 0;
  std::size_t nodes_ = 0;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::optional<ConfigProblem> problem_;
};

struct PlainWords {
  std::string_view theirs;  // how the library's message starts
  std::string_view ours;
  std::string_view hint;
};

// The library's own messages are never shown: some quote the text, and the text may hold a secret.
constexpr std::array plain_words{
    PlainWords{"end of map not found", "expected a key and its value, found something else",
               indentation_hint},
    PlainWords{"end of sequence not found", "expected another item of the list (\"- …\") or its end",
               indentation_hint},
    PlainWords{"end of map flow not found", "expected ',' or '}' in the mapping that '{' opened",
               "close it with '}'"},
    PlainWords{"end of sequence flow not found", "expected ',' or ']' in the list that '[' opened",
               "close it with ']'"},
    PlainWords{"illegal map value", "expected one key and its value on this line, found a second colon",
               "quote a value that holds a colon and a space, and check the indentation"},
    PlainWords{"illegal map key", "expected a value, found a key", indentation_hint},
    PlainWords{"illegal block entry", "expected a value, found a list item (\"- …\")",
               "start the list on the line below its key"},
    PlainWords{"illegal flow end", "expected '[' or '{' before this closing bracket",
               "remove it, or open it first"},
    PlainWords{"illegal EOF in scalar", "expected a closing quote, found the end of the file",
               "close the quote that starts before"},
    PlainWords{"illegal document indicator in scalar", "expected a closing quote, found a document marker",
               "close the quote that starts before"},
    PlainWords{"illegal tab", "expected spaces as indentation, found a tab",
               "replace each tab by two spaces"},
    PlainWords{"unknown escape character", "expected a known escape after '\\' within double quotes",
               "use single quotes: nothing is escaped in them"},
    PlainWords{"the referenced anchor is not defined", "expected an alias (*name) of an anchor (&name) above",
               "quote a value that starts with '*'"},
    PlainWords{"unknown token", "expected a value, found a character that cannot start one",
               "quote a value that starts with @ ` % or another sign"},
    PlainWords{"alias not found after *", "expected a name after '*'", "quote a value that starts with '*'"},
    PlainWords{"anchor not found after &", "expected a name after '&'", "quote a value that starts with '&'"},
    PlainWords{"illegal character in scalar",
               "expected text, found a character that YAML does not allow here", ""},
};

ConfigProblem in_plain_words(YAML::Exception const& error) {
  auto const known = std::ranges::find_if(plain_words, [&](PlainWords const& words) {
    return std::string_view{error.msg}.starts_with(words.theirs);
  });
  if (known == plain_words.end())
    return problem_at(place_of(error.mark), "expected YAML, found something that cannot be read as such",
                      std::string{indentation_hint});
  return problem_at(place_of(error.mark), std::string{known->ours}, std::string{known->hint});
}

}  // namespace

std::expected<YamlNode, ConfigProblem> parse_yaml(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (auto problem = find_bad_text(text)) return std::unexpected(*std::move(problem));

  TreeBuilder builder{text};
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    while (parser.HandleNextDocument(builder)) {
      if (builder.problem()) break;
    }
  } catch (YAML::Exception const& error) {
    // A problem of ours came first in the text.
    return std::unexpected(builder.problem() ? *builder.problem() : in_plain_words(error));
  } catch (std::exception const&) {
    return std::unexpected(
        problem_at({.line = 1, .column = 1}, "expected YAML, found what its parser cannot read", ""));
  }
  if (builder.problem()) return std::unexpected(*builder.problem());
  if (builder.root().kind == YamlNode::Kind::null)
    return std::unexpected(problem_at({.line = 1, .column = 1},
                                      "expected a configuration, found an empty file",
                                      "start from config/candled.yaml"));
  return std::move(builder.root());
}

}  // namespace candled
