#include "cli/service.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdint>

#include "pipeline/async.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds look_every = 2s;

void tell(std::string const& state) {
  sd_notify(0, state.c_str());
}

// A line break would end the assignment, and begin another.
std::string one_line(std::string text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return text;
}

}  // namespace

struct Service::Watchdog {
  explicit Watchdog(boost::asio::io_context& loop) : timer(loop) {
    std::uint64_t patience = 0;
    if (sd_watchdog_enabled(0, &patience) <= 0) return;
    every = std::chrono::microseconds{patience} / 3;
    ping();
  }

  void ping() {
    tell("WATCHDOG=1");
    timer.expires_after(every);
    timer.async_wait([this](boost::system::error_code ended) {
      if (!ended) ping();
    });
  }

  boost::asio::steady_timer timer;
  std::chrono::microseconds every{};
};

Service::Service(boost::asio::io_context& loop) : watchdog_(std::make_unique<Watchdog>(loop)) {}

Service::~Service() = default;

void Service::ready() {
  ready_ = true;
  tell("READY=1");
}

void Service::reload_begins() const {
  if (!ready_) return;
  auto const since_boot = std::chrono::steady_clock::now().time_since_epoch();
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading the configuration again",
                   std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count()));
}

void Service::reload_ended(std::string const& result) {
  status_ = one_line(result);
  tell((ready_ ? "READY=1\nSTATUS=" : "STATUS=") + status_);
}

void Service::status(std::string const& line) {
  auto text = one_line(line);
  if (text == status_) return;
  status_ = std::move(text);
  tell("STATUS=" + status_);
}

Task<void> Service::keep_status(Clock& clock, std::function<std::string()> line) {
  for (;;) {
    status(line());
    if (auto const slept = co_await clock.sleep_until(clock.ticks() + look_every); !slept) co_return;
  }
}

struct Hangups::Signals {
  Signals(boost::asio::io_context& loop, std::function<void()> then)
      : set(loop, SIGHUP), reload(std::move(then)) {
    wait();
  }

  void wait() {
    set.async_wait([this](boost::system::error_code cancelled, int) {
      if (cancelled) return;
      reload();
      wait();
    });
  }

  boost::asio::signal_set set;
  std::function<void()> reload;
};

Hangups::Hangups(boost::asio::io_context& loop, std::function<void()> reload)
    : signals_(std::make_unique<Signals>(loop, std::move(reload))) {}

Hangups::~Hangups() = default;

}  // namespace candled
