// Day files, from the disk to committed bars.
#pragma once

#include <span>
#include <vector>

#include "pipeline/flat_files.hpp"
#include "pipeline/run_batch.hpp"

namespace candled {

struct FilesResult {
  BatchResult batch;
  std::vector<FlatFileRecord> read;  // whole, and all of it committed
  std::size_t broken = 0;
};

// What of a file is taken: the times that a series lacks, or all of it, as it may have changed.
enum class Take { lacking, everything };

// Reads `files` one after the other, and loads the bars of `series` through the same checks as a provider's
// answers: those of the ticker that the instrument had on the file's day, and none where it had none. A file
// proves its day for the tickers that it holds. Of one without a row it proves nothing: it may be spelled
// otherwise there, or have been lost, so the provider is asked. A file that is broken changes nothing; it is
// told in the log and left, and the API is asked for its day. The loop goes on between two parts of a file.
// Arguments must outlive the task.
Task<FilesResult> run_files(Ports& ports, Job const& job, std::vector<Series> const& series,
                            std::span<DayFile const> files, Take take);

}  // namespace candled
