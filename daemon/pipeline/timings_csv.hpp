// timings.csv: one row a batch.
#pragma once

#include <cstdint>
#include <string>

#include "core/error.hpp"
#include "store/bar_store.hpp"

namespace candled {

// Each row is written whole or not at all; the header comes first in every file; several processes may write
// the same file. A file that cannot be rotated grows on. A full disk loses rows, never work: the caller goes
// on. A row that an earlier crash tore is cut off.
class TimingsCsv {
 public:
  // Empty path: nothing is ever written.
  TimingsCsv(std::string path, std::int64_t rotate_bytes);

  // Whether rows can be written: creates the file with its header. Error (kind transport): why not, and that
  // a person must mend it. A full disk is no error here: rows come back when there is room.
  Result<void> check() const;
  Result<void> append(BatchRecord const& record, BatchId batch);

  bool is_configured() const { return !path_.empty(); }
  // Whether the last row was lost.
  bool fails() const { return fails_; }

 private:
  // 0 or errno.
  int write_row(std::string const& row) const;

  std::string path_;
  std::int64_t rotate_bytes_;
  bool fails_ = false;
};

// The first line of the file, and one row, each with its line end. Pure.
std::string timings_header();
std::string timings_row(BatchRecord const& record, BatchId batch);

}  // namespace candled
