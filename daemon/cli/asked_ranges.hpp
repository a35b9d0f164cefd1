// What the options of `backfill` and `repair` ask for: of which jobs, which symbols, and from when to when.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "core/time.hpp"
#include "pipeline/job.hpp"

namespace candled {

struct AskedRange {
  Job job;  // with the symbols that were asked for
  TimeRange range;
};

// Of these jobs, in their order. Error: what is wrong with the options, for people.
std::expected<std::vector<AskedRange>, std::string> ranges_of(std::vector<Job const*> const& named,
                                                              Options const& options, UtcTime now);

// In the order of `all`. Empty: something is wrong with the options, which has been printed.
std::vector<AskedRange> asked_of(std::vector<Job> const& all, Options const& options, UtcTime now);

}  // namespace candled
