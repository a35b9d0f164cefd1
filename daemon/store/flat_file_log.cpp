#include "store/flat_file_log.hpp"

#include "store/pg_text.hpp"

namespace candled {

namespace {

constexpr char read_sql[] = "SELECT file, version FROM candled.flat_file WHERE job = $1 ORDER BY file";

constexpr char begin_sql[] = R"(
  INSERT INTO candled.flat_file (job, file, version)
  SELECT $1, f.file, f.version FROM unnest($2::text[], $3::text[]) AS f (file, version) ORDER BY f.file
  ON CONFLICT (job, file) DO NOTHING)";

constexpr char end_sql[] = R"(
  UPDATE candled.flat_file r SET version = f.version, read_at = now()
  FROM unnest($2::text[], $3::text[]) AS f (file, version)
  WHERE r.job = $1 AND r.file = f.file)";

void note(PgConnection& connection, char const* sql, std::string const& job,
          std::vector<FlatFileRecord> const& files) {
  PgArray keys, versions;
  for (auto const& file : files) {
    keys.add(std::string_view{file.key});
    versions.add(std::string_view{file.version});
  }
  pqxx::work work{connection.session()};
  work.exec_params(sql, job, keys.text(), versions.text());
  work.commit();
}

}  // namespace

std::vector<FlatFileRecord> read_flat_files(PgConnection& connection, std::string const& job) {
  pqxx::work work{connection.session()};
  std::vector<FlatFileRecord> files;
  for (auto const& row : work.exec_params(read_sql, job))
    files.push_back({.key = row[0].as<std::string>(), .version = row[1].as<std::string>()});
  return files;
}

void begin_flat_files(PgConnection& connection, std::string const& job,
                      std::vector<FlatFileRecord> const& files) {
  note(connection, begin_sql, job, files);
}

void end_flat_files(PgConnection& connection, std::string const& job,
                    std::vector<FlatFileRecord> const& files) {
  note(connection, end_sql, job, files);
}

}  // namespace candled
