#include "pipeline/timings_csv.hpp"

#include <fmt/format.h>

#include <utility>

namespace candled {

namespace {

// A job's or provider's name cannot hold a comma or a quote: the configuration has checked.
constexpr auto header =
    "started_at,run_id,batch_id,job,provider,timeframe,symbols,requests,retries,rate_limited,bars,bytes,plan_"
    "ms,"
    "wait_ms,fetch_ms,parse_ms,validate_ms,copy_ms,merge_ms,commit_ms,total_ms,outcome\n";

}  // namespace

TimingsCsv::TimingsCsv(std::string path, std::int64_t rotate_bytes)
    : file_(std::move(path), rotate_bytes, timings_header()) {}

std::string timings_header() {
  return header;
}

std::string timings_row(BatchRecord const& record, BatchId batch) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                     to_rfc3339(record.started_at), static_cast<std::int64_t>(record.run),
                     static_cast<std::int64_t>(batch), record.job, record.provider,
                     to_string(record.timeframe), record.symbols, record.requests, record.retries,
                     record.rate_limited, record.bars, record.bytes, record.plan.count(), record.wait.count(),
                     record.fetch.count(), record.parse.count(), record.validate.count(), record.copy.count(),
                     record.merge.count(), record.commit.count(), record.total.count(), record.outcome);
}

}  // namespace candled
