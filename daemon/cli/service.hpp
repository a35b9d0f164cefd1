// What systemd hears from us (sd_notify(3)). Without systemd nobody listens, and nothing happens.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/task.hpp"
#include "pipeline/clock.hpp"

namespace boost::asio {
class io_context;
}

namespace candled {

class Service {
 public:
  // Pings the watchdog from the loop, three times within its patience: a loop that hangs pings no more. Until
  // it dies.
  explicit Service(boost::asio::io_context& loop);
  Service(Service const&) = delete;
  Service& operator=(Service const&) = delete;
  ~Service();

  void ready();
  // Around a reload. Before ready() they say nothing: systemd still waits for the start.
  void reload_begins() const;
  void reload_ended(std::string const& result);

  // The line that `systemctl status` shows, when it is another one than before.
  void status(std::string const& line);
  // Until the clock stops: what `line` gives, looked at every two seconds.
  Task<void> keep_status(Clock& clock, std::function<std::string()> line);

 private:
  struct Watchdog;

  bool ready_ = false;
  std::string status_;
  std::unique_ptr<Watchdog> watchdog_;
};

// SIGHUP calls `reload`, as long as it lives.
class Hangups {
 public:
  Hangups(boost::asio::io_context& loop, std::function<void()> reload);
  Hangups(Hangups const&) = delete;
  Hangups& operator=(Hangups const&) = delete;
  ~Hangups();

 private:
  struct Signals;
  std::unique_ptr<Signals> signals_;
};

}  // namespace candled
