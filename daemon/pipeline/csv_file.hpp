// A CSV file of ours that grows by rows: timings.csv and its like.
#pragma once

#include <cstdint>
#include <string>

#include "core/error.hpp"

namespace candled {

// Each row is written whole or not at all; the header comes first in every file; several processes may write
// the same file. One that is full, or that another version began with another header, moves on to FILE.1,
// and three such are kept. A file that cannot be rotated grows on, after a header of its own where it needs
// one. A full disk loses rows, never work: the caller goes on. A row that an earlier crash tore is cut off.
class CsvFile {
 public:
  // Empty path: nothing is ever written. `header` is a line with its end.
  CsvFile(std::string path, std::int64_t rotate_bytes, std::string header);

  // Whether rows can be written: creates the file with its header. Error (kind transport): why not, and that
  // a person must mend it. A full disk is no error here: rows come back when there is room.
  Result<void> check() const;
  // `row` is a line with its end.
  Result<void> append(std::string const& row);

  bool is_configured() const { return !path_.empty(); }
  // Whether the last row was lost.
  bool fails() const { return fails_; }

 private:
  // 0 or errno.
  int write_row(std::string const& row) const;

  std::string path_;
  std::int64_t rotate_bytes_;
  std::string header_;
  bool fails_ = false;
};

}  // namespace candled
