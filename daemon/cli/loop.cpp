#include "cli/loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <systemd/sd-daemon.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "pipeline/async.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr auto drain_time_max = 10s;

[[noreturn]] void end_now(char const* why) {
  log_warn("{}: ending now; what is committed stays, the rest is asked for again", why);
  std::_Exit(static_cast<int>(ExitCode::some_failed));
}

class Shutdown {
 public:
  explicit Shutdown(Engine& engine)
      : engine_(engine), signals_(*engine.loop, SIGTERM, SIGINT), deadline_(*engine.loop) {
    wait();
  }

  void work_ended() {
    signals_.cancel();
    deadline_.cancel();
  }

 private:
  void wait() {
    signals_.async_wait([this](boost::system::error_code cancelled, int) {
      if (cancelled) return;
      if (asked_) end_now("asked twice to stop");
      asked_ = true;
      log_info("stopping: no new requests, running commits finish");
      sd_notify(0, "STOPPING=1");
      engine_.stop();
      deadline_.expires_after(drain_time_max);
      deadline_.async_wait([](boost::system::error_code ended) {
        if (!ended) end_now("the database has not answered for 10 s");
      });
      wait();
    });
  }

  Engine& engine_;
  bool asked_ = false;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer deadline_;
};

}  // namespace

ExitCode run_on_loop(Engine& engine, Task<ExitCode> work) {
  Shutdown shutdown{engine};
  std::optional<ExitCode> exit_code;
  boost::asio::co_spawn(*engine.loop, std::move(work), [&](std::exception_ptr const& broken, ExitCode code) {
    if (broken) std::rethrow_exception(broken);
    exit_code = code;
    shutdown.work_ended();
    engine.stop();
  });
  engine.loop->run();
  return exit_code.value_or(ExitCode::some_failed);
}

}  // namespace candled
