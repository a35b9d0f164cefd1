// The queries of docs/sql.md, and what they are to answer on the market of tests/fixtures/sql/market.sql.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/postgres.hpp"

namespace candled::test {

struct Question {
  std::string name;      // of the marker `<!-- test: NAME -->` before the fence
  std::string language;  // of the fence: sql, python
  std::string text;
};

// All fences with a marker, in their order.
std::vector<Question> read_questions(std::string const& markdown);
// Names of the markers that stand before no fence, and fences of SQL or Python without a marker.
std::vector<std::string> loose_ends(std::string const& markdown);

// "## NAME" and a line a row below it, columns parted by `|`.
std::map<std::string, Rows> read_answers(std::string const& text);

// Whether each value is the expected one, or the expected one is `*`.
bool matches(Rows const& answered, Rows const& expected);
std::string to_text(Rows const& rows);

// What is wrong with a plan: its scans of bars, or of their revisions, that do not look up a key. `explained`
// is the answer of EXPLAIN (FORMAT JSON). `scans` counts the scans of bars.
std::vector<std::string> plan_problems(std::string const& explained, int& scans);

}  // namespace candled::test
