// Binds a mapping of the YAML text to a struct. A function `describe(Section&, T&)` declares, once, which
// keys a T has; from that follow the values, every problem of the section, and the list of the keys that
// exist.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/form.hpp"
#include "config/load_config.hpp"
#include "config/yaml_tree.hpp"

namespace candled {

// What one reading of a file has come to.
struct Findings {
  std::string file;    // as named in messages
  std::string folder;  // the file's own
  std::vector<ConfigProblem> problems;
  std::vector<KnownKey> known;  // every key there is: filled when keys are listed, or a hint needs them
};

class Section {
 public:
  // `node` is a mapping, or null: nothing is read then, and what is declared goes to findings.known. `place`
  // is where the section is named: missing keys are reported there. Both arguments must outlive the section.
  Section(Findings& findings, YamlNode const* node, std::string path, Place place);
  Section(Section const&) = delete;
  Section& operator=(Section const&) = delete;
  // Reports the keys that were not declared, and those written twice.
  ~Section();

  // The value of `key` in `target`, which keeps its value, the default, when the key is absent or wrong.
  template <class Target, class T>
  void required(std::string_view key, Target& target, Form<T> const& form) {
    if (auto const* node = declare_required(key, form.expected)) read(*node, join(key), target, form);
  }
  template <class Target, class T>
  void optional(std::string_view key, Target& target, Form<T> const& form) {
    auto const* const node = declare(key, form.expected, listing() ? fallback_of(form, target) : "");
    if (node != nullptr) read(*node, join(key), target, form);
  }

  // A list of values, with their places beside them. Wrong items are left out.
  template <class T>
  void optional_list(std::string_view key, std::vector<T>& target, std::vector<Place>& places,
                     Form<T> const& form) {
    auto const* const list = typed(declare(key, "a list: " + form.expected), YamlNode::Kind::list, join(key));
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->children.size(); ++i) {
      T value{};
      if (!read(list->children[i], join(key) + index(i), value, form)) continue;
      target.push_back(std::move(value));
      places.push_back(list->children[i].place);
    }
  }

  // The same; one value may stand for a list of one.
  template <class T>
  void optional_one_or_list(std::string_view key, std::vector<T>& target, std::vector<Place>& places,
                            Form<T> const& form) {
    auto const child = children_.find(std::string{key});
    if (child == children_.end() || child->second->kind != YamlNode::Kind::value)
      return optional_list(key, target, places, form);
    T value{};
    if (!read(*declare(key, "a list: " + form.expected), join(key), value, form)) return;
    target.push_back(std::move(value));
    places.push_back(child->second->place);
  }

  // A section within this one, described by describe(Section&, T&).
  template <class T>
  void required_section(std::string_view key, T& target) {
    enter(declare_required(key, "a mapping of keys"), join(key), key_place(key), target);
  }
  template <class T>
  void optional_section(std::string_view key, T& target) {
    enter(declare(key, "a mapping of keys"), join(key), key_place(key), target);
  }

  // A list of sections, at least one.
  template <class T>
  void required_sections(std::string_view key, std::vector<T>& targets) {
    auto const* const list =
        typed(declare_required(key, "a list of mappings"), YamlNode::Kind::list, join(key));
    if (listing()) return enter(nullptr, join(key) + "[]", {}, targets.emplace_back());
    if (list == nullptr || !at_least_one(*list, key)) return;
    for (std::size_t i = 0; i < list->children.size(); ++i) {
      auto const& child = list->children[i];
      enter(&child, join(key) + index(i), child.place, targets.emplace_back());
    }
  }

  // A mapping of names to sections, at least one. The name goes to T::name before the section is described.
  template <class T>
  void required_named_sections(std::string_view key, std::vector<T>& targets) {
    auto const* const mapping =
        typed(declare_required(key, "a mapping of names"), YamlNode::Kind::mapping, join(key));
    if (listing()) return enter(nullptr, join(key) + ".NAME", {}, targets.emplace_back());
    if (mapping == nullptr || !at_least_one(*mapping, key)) return;
    Section names{findings_, mapping, join(key), mapping->key_place};
    for (auto const& child : mapping->children) {
      if (!names.declare_name(child)) continue;
      targets.emplace_back().name = child.key;
      enter(&child, names.join(child.key), child.key_place, targets.back());
    }
  }

  // Something that several keys must be true to together. Judged only when all that is written of them is
  // right; reported at the last of them that is written, or at the section.
  void rule(std::initializer_list<std::string_view> keys, bool holds, std::string message,
            std::string hint = "");

  // A problem with a key, or with the section when the key is not written.
  void problem(std::string_view key, std::string message, std::string hint = "");

  bool has(std::string_view key) const { return children_.contains(std::string{key}); }
  // Written, and nothing wrong with it.
  bool good(std::string_view key) const { return has(key) && !wrong(key); }
  // Of the key's value; of the section when it is not written.
  Place place_of(std::string_view key) const;
  Place place() const { return place_; }
  std::string const& path() const { return path_; }
  Findings& findings() { return findings_; }
  // True: no file is read, only the declared keys are collected.
  bool listing() const { return node_ == nullptr; }

 private:
  std::string join(std::string_view key) const;
  Place key_place(std::string_view key) const;
  static std::string index(std::size_t i);
  bool wrong(std::string_view key) const;

  // The key's node, or null: not written, or reported.
  YamlNode const* declare(std::string_view key, std::string const& expected, std::string fallback = "");
  YamlNode const* declare_required(std::string_view key, std::string const& expected);
  // A name chosen by the operator. False: it is wrong, or there a second time.
  bool declare_name(YamlNode const& child);
  // The node, or null (reported) when it is of another kind.
  YamlNode const* typed(YamlNode const* node, YamlNode::Kind kind, std::string const& path);
  bool at_least_one(YamlNode const& node, std::string_view key);
  // The text of a single value; null (reported) when it is none, or holds a reference where none may be.
  std::string const* text_of(YamlNode const& node, std::string const& path, std::string const& expected,
                             References references);
  void refuse_value(YamlNode const& node, std::string const& path, std::string const& expected,
                    References references, std::vector<Refusal> refusals);
  void report(Place place, std::string path, Refusal refusal);
  void report_unknown(YamlNode const& child);

  // The default of a key; empty: it has none that could be written.
  template <class Target, class T>
  static std::string fallback_of(Form<T> const& form, Target const& target) {
    if constexpr (std::is_same_v<Target, T>) {
      if (form.write) return form.write(target);
      if constexpr (requires { written(target); }) return written(target);
    }
    return "";
  }

  template <class Target, class T>
  bool read(YamlNode const& node, std::string const& path, Target& target, Form<T> const& form) {
    auto const* const text = text_of(node, path, form.expected, form.references);
    if (text == nullptr) return false;
    auto value = form.read(*text);
    if (!value) {
      refuse_value(node, path, form.expected, form.references, std::move(value.error()));
      return false;
    }
    target = *std::move(value);
    return true;
  }

  template <class T>
  void enter(YamlNode const* node, std::string path, Place place, T& target) {
    node = typed(node, YamlNode::Kind::mapping, path);
    if (node == nullptr && !listing()) return;
    Section section{findings_, node, std::move(path), place};
    describe(section, target);
  }

  Findings& findings_;
  YamlNode const* node_;
  std::string path_;
  Place place_;
  std::unordered_map<std::string, YamlNode const*> children_;  // the first of each key
  std::vector<std::string> declared_;
  bool names_ = false;  // the operator chooses the keys: none is unknown
  std::size_t problems_before_;
};

}  // namespace candled
