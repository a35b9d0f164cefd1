// The day files that a provider publishes beside its API: which there are, and what each proves.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/range_set.hpp"
#include "core/time.hpp"
#include "pipeline/job.hpp"

namespace candled {

struct S3Bucket;

// A configured provider of `kind: flatfile`, at work for the provider whose series it fills.
struct FlatFiles {
  std::string name;
  std::string root;  // the folder that holds `asset_class`; of a bucket its s3:// address, for messages
  std::string asset_class;
  std::shared_ptr<S3Bucket> bucket = nullptr;  // null: `root` is a folder of this machine
  // Files that could not be read, with their version then: not tried again until they are others.
  std::map<std::string, std::string> broken = {};
  // When a job's files were last compared with those that it has read.
  std::map<std::string, SteadyTime> compared = {};
};

struct DayFile {
  std::string key;  // below root
  TimeRange day;    // when its bars start: midnight to midnight in the calendar's zone
  // For the symbols that the file holds: the day, and the weekend and holidays before it that have no file. A
  // day that only an override calls closed is none of them.
  TimeRange proves;
  std::string version;  // another one: the file was published again
};

// The files, oldest first, of days that are over by `now` and on which bars of `wanted` can exist. Reads the
// file system, and no more of a file than its end; of a bucket, what list_day_files() has learnt. Empty as
// well when there are no files of the timeframe, or no such folder.
std::vector<DayFile> day_files(FlatFiles const& files, Job const& job, RangeSet const& wanted, UtcTime now);

// Size, time of change, and the checksum and length at gzip's end, as text: what is written anew with the
// same content may look like another version, never the other way round. Empty: there is no such file, or it
// cannot be read.
std::string file_version(std::string const& path);

// All that the windows ask for.
RangeSet ranges_of(std::vector<Window> const& windows);

}  // namespace candled
