// Small CSV files that people and scripts write: a header that names the columns, in any order, no quotes.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace candled {

// What is wrong with a line of a file, counted from 1; to be printed as FILE:LINE: WHAT.
struct LineProblem {
  int line = 0;
  std::string what;
  friend bool operator==(LineProblem const&, LineProblem const&) = default;
};

struct CsvColumns {
  std::vector<std::string_view> required;
  std::vector<std::string_view> optional;
};

struct CsvLine {
  int line = 0;
  std::vector<std::string> cells;  // required columns, then optional ones; empty where the file has none
};

// Blanks around a cell, empty lines and lines that begin with # do not count. Problems: a column that is
// missing, unknown or named twice, a line with another number of cells than the header, a quote.
std::expected<std::vector<CsvLine>, std::vector<LineProblem>> read_csv(std::string_view text,
                                                                       CsvColumns const& columns);

}  // namespace candled
