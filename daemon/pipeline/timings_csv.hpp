// timings.csv: one row a batch.
#pragma once

#include <cstdint>
#include <string>

#include "core/error.hpp"
#include "pipeline/csv_file.hpp"
#include "store/bar_store.hpp"

namespace candled {

// The first line of the file, and one row, each with its line end. Pure.
std::string timings_header();
std::string timings_row(BatchRecord const& record, BatchId batch);

class TimingsCsv {
 public:
  // Empty path: nothing is ever written.
  TimingsCsv(std::string path, std::int64_t rotate_bytes);

  // As CsvFile has them.
  Result<void> check() const { return file_.check(); }
  Result<void> append(BatchRecord const& record, BatchId batch) {
    return file_.append(timings_row(record, batch));
  }
  bool is_configured() const { return file_.is_configured(); }
  bool fails() const { return file_.fails(); }

 private:
  CsvFile file_;
};

}  // namespace candled
