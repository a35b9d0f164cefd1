// Which day files a job has read, as rows of flat_file.
#pragma once

#include <string>
#include <vector>

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// As BarStore says. These throw as libpqxx does.
std::vector<FlatFileRecord> read_flat_files(PgConnection& connection, std::string const& job);
void begin_flat_files(PgConnection& connection, std::string const& job,
                      std::vector<FlatFileRecord> const& files);
void end_flat_files(PgConnection& connection, std::string const& job,
                    std::vector<FlatFileRecord> const& files);

}  // namespace candled
