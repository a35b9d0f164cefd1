// What candled did, as rows of ingest_run and ingest_batch.
#pragma once

#include <string>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// Identifies a run before the database has numbered it. Random, in the form of a uuid.
std::string make_run_key();

// These throw as libpqxx does. Told again (the same key; the same batch), they make no second row.
RunId begin_run(PgConnection& connection, std::string const& run_key, std::string const& command,
                std::string const& version);
void end_run(PgConnection& connection, RunId run, int exit_code);
void note_reload(pqxx::work& work, RunId run, std::string const& problems);
BatchId record_batch(PgConnection& connection, BatchRecord const& record);

}  // namespace candled
