// slowhttptest against a real daemon: slow heads (Slowloris), slow bodies, slow readers. Who asks in good
// order is answered all the while, and at the end nothing is left of them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "end_to_end/control_client.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

// More than twice as many as the daemon has room for, within a second; for longer than it takes to be seen.
constexpr auto connections = "300";
constexpr auto seconds = "60";
constexpr long seen_enough = 100;
constexpr int answered_enough = 20;

long connections_of(ControlClient const& client) {
  constexpr std::string_view series = "\ncandled_control_connections ";
  auto const metrics = client.get("/metrics").body;
  auto const at = metrics.find(series);
  return at == std::string::npos ? -1 : std::atol(metrics.c_str() + at + series.size());
}

struct Mode {
  char const* name;
  std::vector<std::string> options;
};

class SlowRequests : public testing::TestWithParam<Mode> {};

TEST_P(SlowRequests, lock_nobody_out_and_leave_nothing_behind) {
  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09"},
               .jobs =
                   "  - { name: live, provider: exchange, timeframe: 1d, symbols: [AAPL], calendar: XNYS, "
                   "history: 2024-03-04, schedule: { every: 1h } }\n",
               .more = "control: { listen: 127.0.0.1:0 }\nlog: { level: info }\n"}};
  auto const daemon = world.start({"run"});
  ControlClient const client{*daemon};
  std::vector<std::string> argv{"slowhttptest",
                                "-c",
                                connections,
                                "-r",
                                connections,
                                "-l",
                                seconds,
                                "-p",
                                "1",
                                "-u",
                                fmt::format("http://127.0.0.1:{}/metrics", client.port())};
  argv.insert(argv.end(), GetParam().options.begin(), GetParam().options.end());

  Process attack{argv, {{"PATH", "/usr/sbin:/usr/bin:/bin"}}};
  int answered = 0;
  long most = 0;
  siginfo_t ended{};
  while ((most < seen_enough || answered < answered_enough) && !HasFailure() &&
         waitid(P_PID, static_cast<id_t>(attack.pid()), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0) {
    EXPECT_EQ(client.get("/healthz").status, 200) << "after " << answered << " answers";
    most = std::max(most, connections_of(client));
    ++answered;
    poll(nullptr, 0, 20);
  }
  attack.signal(SIGKILL);
  attack.wait();

  EXPECT_GE(answered, answered_enough);
  EXPECT_GE(most, seen_enough) << "that was no attack: " << attack.output() << attack.errors();
  EXPECT_LE(most, 128);
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{40};
  while (connections_of(client) != 1 && std::chrono::steady_clock::now() < deadline) poll(nullptr, 0, 20);
  EXPECT_EQ(connections_of(client), 1);
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

INSTANTIATE_TEST_SUITE_P(
    All, SlowRequests,
    testing::Values(Mode{"heads", {"-H", "-i", "1", "-x", "24"}},
                    Mode{"bodies", {"-B", "-i", "1", "-s", "8192", "-x", "10"}},
                    Mode{"readers", {"-X", "-k", "10", "-w", "10", "-y", "20", "-n", "1", "-z", "32"}}),
    [](auto const& mode) { return mode.param.name; });

}  // namespace
}  // namespace candled::test
