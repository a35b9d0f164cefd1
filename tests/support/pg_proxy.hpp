// Stands between a client and PostgreSQL and cuts the connection at the worst moment.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "support/temp_dir.hpp"

namespace candled::test {

// Forwards one connection after another over Unix sockets. Once armed it cuts the connection at the next
// COMMIT: before the server sees it, or after the server has done it but before the client hears of it.
class PgProxy {
 public:
  enum class Cut { never, before_commit, after_commit };

  // `upstream` is the URL of a database on a Unix socket, for example TempDatabase::url().
  explicit PgProxy(std::string const& upstream);
  PgProxy(PgProxy const&) = delete;
  PgProxy& operator=(PgProxy const&) = delete;
  ~PgProxy();

  // The same database by way of the proxy.
  std::string const& url() const { return url_; }
  void cut_next(Cut cut) { cut_ = cut; }
  int cuts() const { return cuts_; }

 private:
  void serve();
  void forward(int client, int server);
  bool is_cut(int server, std::string const& sent);

  TempDir dir_;
  std::string url_;
  std::string upstream_path_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};  // a pipe: closed to end the thread
  std::atomic<Cut> cut_ = Cut::never;
  std::atomic<int> cuts_ = 0;
  std::thread thread_;
};

}  // namespace candled::test
