// Day files in a bucket: which there are, and one of them in a file of this machine.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/limits.hpp"
#include "core/range_set.hpp"
#include "core/s3_place.hpp"
#include "http/http_client.hpp"
#include "pipeline/flat_files.hpp"
#include "pipeline/ports.hpp"

namespace candled {

struct S3Bucket {
  S3Place place;
  std::unique_ptr<HttpClient> http;
  RetryPolicy retry;
  struct Folder {
    std::map<std::string, std::string> versions;  // ETag by key, below the place's prefix
    SteadyTime listed_at;
  };
  std::map<std::string, Folder> folders = {};  // of a year each
  // A refusal that only a person can mend: nothing is asked again until then.
  struct Refusal {
    Error error;
    SteadyTime until;
  };
  std::optional<Refusal> refusal = std::nullopt;
};

// Learns which files there are of the years of `wanted`, up to `now`, for day_files(): a request a year, none
// for what was learnt within five minutes. Nothing to do when the files are in a folder. Errors: what the
// bucket refuses, told in the log, and for 15 minutes not asked again; what did not pass with ErrorKind's
// retries; stopped.
Task<Result<void>> list_day_files(Ports& ports, FlatFiles& files, Job const& job, RangeSet const& wanted,
                                  UtcTime now);

// The file's bytes, from its start. Of a bucket: downloaded as a whole, 1 GiB at most, into a file without a
// name in the temporary folder ($TMPDIR, else /tmp), which is gone when it is closed, or when candled ends in
// whichever way. Errors: malformed, this file cannot be had; else as list_day_files().
using DayFileContent = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
Task<Result<DayFileContent>> open_day_file(Ports& ports, FlatFiles& files, DayFile const& file);

}  // namespace candled
