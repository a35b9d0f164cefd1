// What the operator knows of a calendar's days, in a file of its own: one day a line, blank lines and what
// stands on a line of its own after '#' ignored.
//
//   XNYS 2027-01-11 closed   # National Day of Mourning
//   XNYS 2027-07-02 13:00    # closes early; 16:00 is a whole day, though the rules say otherwise
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/form.hpp"
#include "config/small_file.hpp"
#include "config/yaml_tree.hpp"
#include "core/calendar.hpp"

namespace candled {

struct OverrideLine {
  CalendarKind calendar = CalendarKind::xnys;
  CalendarOverride day;  // its reason is the line's comment
  Place place;
};

struct OverrideProblem {
  Place place;
  Refusal refusal;  // with its message
};

struct OverridesText {
  std::vector<OverrideLine> lines;  // in the text's order; one that says the same again is left out
  std::vector<OverrideProblem> problems;
};

// `file` names the text in problems: two lines may say different things about a day.
OverridesText parse_overrides(std::string_view text, std::string const& file);

struct OverridesFile : OverridesText {
  std::string path;
};
std::expected<OverridesFile, FileProblem> read_overrides_file(std::string const& path);

// "XNYS 2027-01-11 closed  # National Day of Mourning": read back as the same, when the reason is one line.
std::string to_string(OverrideLine const& line);

// Adds the line to the end of the file, which must exist; what is there stays as it is. The error says why
// not.
std::expected<void, std::string> append_override(std::string const& path, OverrideLine const& line);

}  // namespace candled
