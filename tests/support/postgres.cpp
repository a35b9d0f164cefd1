#include "support/postgres.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>

#include "support/process.hpp"

namespace candled::test {

namespace {

std::string const tool = CANDLED_SOURCE_DIR "/tools/postgres";

struct Finish {
  void operator()(PGconn* raw) const { PQfinish(raw); }
  void operator()(PGresult* result) const { PQclear(result); }
};

using Connection = std::unique_ptr<PGconn, Finish>;

Connection connect(std::string const& url) {
  Connection connection{PQconnectdb(url.c_str())};
  if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  PQsetNoticeProcessor(connection.get(), [](void*, char const*) {}, nullptr);
  return connection;
}

Rows run_sql(PGconn* connection, std::string const& sql) {
  std::unique_ptr<PGresult, Finish> const result{PQexec(connection, sql.c_str())};
  auto const status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    throw std::runtime_error(std::string{PQresultErrorMessage(result.get())} + "in: " + sql);
  Rows found(static_cast<std::size_t>(PQntuples(result.get())));
  for (int row = 0; row < PQntuples(result.get()); ++row)
    for (int column = 0; column < PQnfields(result.get()); ++column)
      found[static_cast<std::size_t>(row)].emplace_back(
          PQgetisnull(result.get(), row, column) != 0 ? "NULL" : PQgetvalue(result.get(), row, column));
  return found;
}

// Starts what `arguments` say; its URL. Throws with what the tool said.
std::string run_tool(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), tool);
  auto const finished = run(arguments);
  if (finished.exit_code != 0) throw std::runtime_error("tools/postgres failed: " + finished.errors);
  return finished.output.substr(0, finished.output.find('\n'));
}

class OwnCluster {
 public:
  OwnCluster() : url_(run_tool({"start", dir_.path(), "--fast"})) {}
  OwnCluster(OwnCluster const&) = delete;
  OwnCluster& operator=(OwnCluster const&) = delete;
  ~OwnCluster() { run({tool, "stop", dir_.path(), "immediate"}); }

  std::string const& url() const { return url_; }

 private:
  TempDir dir_;
  std::string url_;
};

std::vector<std::string> migration_files() {
  std::vector<std::string> files;
  for (auto const& entry : std::filesystem::directory_iterator{CANDLED_SOURCE_DIR "/migrations"})
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// A changed migration gets a new template; those of older sources stay until the cluster goes.
std::string template_name() {
  std::string text;
  for (auto const& file : migration_files()) text += read_file(file);
  return "candled_template_" + std::to_string(std::hash<std::string>{}(text));
}

// The rows that the migrator would have written: a test that runs it on a copy finds nothing to do.
std::string record_sql(std::string const& file, int version) {
  return "INSERT INTO candled.schema_migration (version, name, sha256) VALUES (" + std::to_string(version) +
         ", '" + std::filesystem::path{file}.filename().string() + "', encode(sha256(convert_to($candled$" +
         read_file(file) + "$candled$, 'UTF8')), 'hex'))";
}

void fill_template(std::string const& url) {
  auto const connection = connect(url);
  int version = 0;
  for (auto const& file : migration_files()) {
    run_sql(connection.get(), read_file(file));
    run_sql(connection.get(), record_sql(file, ++version));
  }
}

// The template's name. Processes that run side by side on one cluster wait for the first of them to make it.
std::string const& ensure_template() {
  static std::string const name = [] {
    auto made = template_name();
    auto const connection = connect(shared_cluster_url());
    run_sql(connection.get(), "SELECT pg_advisory_lock(1)");
    if (!run_sql(connection.get(), "SELECT 1 FROM pg_database WHERE datname = '" + made + "'").empty())
      return made;
    run_sql(connection.get(), "DROP DATABASE IF EXISTS " + made + "_new");
    run_sql(connection.get(), "CREATE DATABASE " + made + "_new");
    fill_template(with_option(shared_cluster_url(), "dbname", made + "_new"));
    run_sql(connection.get(), "ALTER DATABASE " + made + "_new RENAME TO " + made);
    return made;
  }();
  return name;
}

std::string unique_name() {
  static std::atomic<int> count = 0;
  return "candled_test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '/' || c == '.' || c == '_' || c == '-')
      out += c;
    else
      ((out += '%') += digits[byte >> 4U]) += digits[byte & 15U];
  }
  return out;
}

}  // namespace

std::string const& shared_cluster_url() {
  static std::string const url = [] {
    char const* const given =
        std::getenv("CANDLED_TEST_POSTGRES");  // NOLINT(concurrency-mt-unsafe): read once
    if (given != nullptr) return std::string{given};
    static OwnCluster const own;
    return own.url();
  }();
  return url;
}

TempDatabase::TempDatabase() : TempDatabase(ensure_template()) {}

TempDatabase::TempDatabase(std::string const& copied_from)
    : name_(unique_name()), url_(with_option(shared_cluster_url(), "dbname", name_)) {
  auto const connection = connect(shared_cluster_url());
  run_sql(connection.get(), "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");  // of a killed process
  run_sql(connection.get(), "CREATE DATABASE " + name_ + " TEMPLATE " + copied_from);
}

TempDatabase::~TempDatabase() {
  try {
    run_sql(connect(shared_cluster_url()).get(), "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (std::exception const& error) {
    ADD_FAILURE() << "cannot drop " << name_ << ": " << error.what();
  }
}

PrivateCluster::PrivateCluster() : url_(run_tool({"start", dir_.path()})) {}

PrivateCluster::~PrivateCluster() {
  run({tool, "stop", dir_.path(), "immediate"});
}

void PrivateCluster::control(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin() + 1, dir_.path());
  run_tool(std::move(arguments));
}

void PrivateCluster::start() {
  control({"start"});
}
void PrivateCluster::stop() {
  control({"stop"});
}
void PrivateCluster::stop_immediate() {
  control({"stop", "immediate"});
}
void PrivateCluster::crash() {
  control({"stop", "crash"});
}

Rows rows(std::string const& url, std::string const& sql) {
  try {
    return run_sql(connect(url).get(), sql);
  } catch (std::exception const& error) {
    ADD_FAILURE() << error.what();
    return {};
  }
}

std::string value(std::string const& url, std::string const& sql) {
  auto const found = rows(url, sql);
  EXPECT_EQ(found.size(), 1U) << sql;
  return found.empty() || found[0].empty() ? std::string{} : found[0][0];
}

std::string with_option(std::string const& url, std::string_view keyword, std::string_view value) {
  // The last of a repeated parameter wins, and a parameter wins over the path.
  return url + (url.find('?') == std::string::npos ? "?" : "&") + std::string{keyword} + "=" + encoded(value);
}

}  // namespace candled::test
