// The section `jobs`: its keys, and what must hold between jobs.
#pragma once

#include <string>
#include <vector>

#include "config/section.hpp"

namespace candled {

// A symbol's place, in the configuration or in a symbols file.
struct SymbolPlace {
  std::string file;
  Place place;
  std::string path;  // jobs[0].symbols[3]; of a symbols file: jobs[0].symbols_file
};

// A job as far as it could be read.
struct JobDraft {
  JobConfig job;
  std::vector<SymbolPlace> symbol_places;  // of job.symbols, one each
  std::vector<Place> rollup_places;        // of job.rollups, one each
  std::string path;                        // jobs[0]
  Place place;
  Place name_place;
  Place provider_place;
  bool name_good = false;
  bool provider_good = false;
  bool timeframe_good = false;
};

void describe(Section& section, JobDraft& draft);
void describe(Section& section, BatchConfig& batch);

// Names used twice, providers that are not in `providers`, and series that two jobs would fill.
void check_jobs(std::vector<JobDraft> const& jobs, std::vector<std::string> const& providers,
                Findings& findings);

}  // namespace candled
