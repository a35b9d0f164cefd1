#include "store/run_log.hpp"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "store/pg_text.hpp"

namespace candled {

namespace {

// DO UPDATE, not DO NOTHING: only then a row that is there already comes back.
constexpr char begin_sql[] = R"(
  INSERT INTO candled.ingest_run (run_key, command, version) VALUES ($1::uuid, $2, $3)
  ON CONFLICT (run_key) DO UPDATE SET run_key = EXCLUDED.run_key
  RETURNING run_id)";

constexpr char end_sql[] =
    "UPDATE candled.ingest_run SET ended_at = now(), exit_code = $2 WHERE run_id = $1 AND ended_at IS NULL";

constexpr char reload_sql[] = R"(
  UPDATE candled.ingest_run
  SET config_loaded_at = CASE WHEN $2 = '' THEN now() ELSE config_loaded_at END, config_error = $2
  WHERE run_id = $1)";

constexpr char batch_sql[] = R"(
  INSERT INTO candled.ingest_batch
    (run_id, started_at, job, provider, timeframe, symbols, requests, retries, rate_limited, bars, inserted, changed,
     unchanged, rejected, bytes, plan_ms, wait_ms, fetch_ms, parse_ms, validate_ms, copy_ms, merge_ms, commit_ms,
     total_ms, outcome)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
          $24, $25)
  ON CONFLICT ON CONSTRAINT ingest_batch_told_once DO UPDATE SET run_id = EXCLUDED.run_id
  RETURNING batch_id)";

}  // namespace

std::string make_run_key() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

RunId begin_run(PgConnection& connection, std::string const& run_key, std::string const& command,
                std::string const& version) {
  pqxx::work work{connection.session()};
  auto const row = work.exec_params1(begin_sql, run_key, pg_text(std::string_view{command}), version);
  RunId const run{row[0].as<std::int64_t>()};
  work.commit();
  return run;
}

void end_run(PgConnection& connection, RunId run, int exit_code) {
  pqxx::work work{connection.session()};
  work.exec_params(end_sql, std::to_underlying(run), exit_code);
  work.commit();
}

void note_reload(pqxx::work& work, RunId run, std::string const& problems) {
  work.exec_params(reload_sql, std::to_underlying(run), pg_text(std::string_view{problems}));
}

BatchId record_batch(PgConnection& connection, BatchRecord const& r) {
  pqxx::work work{connection.session()};
  auto const row =
      work.exec_params1(batch_sql, std::to_underlying(r.run), pg_text(r.started_at), r.job, r.provider,
                        std::string{to_string(r.timeframe)}, r.symbols, r.requests, r.retries, r.rate_limited,
                        r.bars, r.inserted, r.changed, r.unchanged, r.rejected, r.bytes, r.plan.count(),
                        r.wait.count(), r.fetch.count(), r.parse.count(), r.validate.count(), r.copy.count(),
                        r.merge.count(), r.commit.count(), r.total.count(), r.outcome);
  BatchId const batch{row[0].as<std::int64_t>()};
  work.commit();
  return batch;
}

}  // namespace candled
