// Real PostgreSQL databases for tests. A missing PostgreSQL is a failure, not a reason to skip.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/temp_dir.hpp"

namespace candled::test {

// The cluster that all tests of this process share, fast and without durability: the one that the
// environment's CANDLED_TEST_POSTGRES (a URL) names, else one of our own, which is stopped when the process
// ends.
std::string const& shared_cluster_url();

// A database of its own on the shared cluster, with candled's schema, gone with the object.
class TempDatabase {
 public:
  TempDatabase();
  TempDatabase(TempDatabase const&) = delete;
  TempDatabase& operator=(TempDatabase const&) = delete;
  ~TempDatabase();

  // Without any schema.
  static TempDatabase empty() { return TempDatabase{"template1"}; }

  std::string const& name() const { return name_; }
  std::string const& url() const { return url_; }

 private:
  explicit TempDatabase(std::string const& copied_from);

  std::string name_;
  std::string url_;
};

// A cluster for one test to stop, crash and start again: durable as in use, with an empty database
// "postgres".
class PrivateCluster {
 public:
  PrivateCluster();
  PrivateCluster(PrivateCluster const&) = delete;
  PrivateCluster& operator=(PrivateCluster const&) = delete;
  ~PrivateCluster();

  std::string const& url() const { return url_; }
  void start();
  void stop();            // in good order
  void stop_immediate();  // without a checkpoint: the next start recovers
  void crash();           // SIGKILL to every process of it

 private:
  void control(std::vector<std::string> arguments) const;

  TempDir dir_;
  std::string url_;
};

// The rows of a query, or of the last of several statements, as text; NULL is "NULL". An error fails the
// test.
using Rows = std::vector<std::vector<std::string>>;
Rows rows(std::string const& url, std::string const& sql);
// The one value of a query.
std::string value(std::string const& url, std::string const& sql);

// `url` with another database, user or application name: with_option(url, "user", "reader").
std::string with_option(std::string const& url, std::string_view keyword, std::string_view value);

}  // namespace candled::test
