// Ten thousand malformed requests to a real daemon, each from its number: it refuses them all, keeps nothing
// of them, and goes on.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "end_to_end/control_client.hpp"
#include "end_to_end/world.hpp"
#include "security/malformed_requests.hpp"
#include "security/raw_client.hpp"

namespace candled::test {
namespace {

constexpr std::uint64_t requests = 10'000;
constexpr std::uint64_t warm_up = 2'000;
constexpr std::uint64_t in_a_round = 100;
// Two KiB for each request after the first two thousand would be seen.
constexpr long growth_max = 16L * 1024 * 1024;

long number_of(ControlClient const& client, std::string const& series) {
  auto const metrics = client.get("/metrics").body;
  auto const at = metrics.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::atol(metrics.c_str() + at + series.size() + 2);
}

// AddressSanitizer keeps what was freed for a while: less of it, or that is all that is seen.
std::string sanitizer_options() {
  auto const* const given = std::getenv("ASAN_OPTIONS");  // NOLINT(concurrency-mt-unsafe): one thread
  return std::string{given == nullptr ? "" : given} +
         ":quarantine_size_mb=1:thread_local_quarantine_size_kb=16";
}

void expect_refused(std::uint64_t n, std::uint16_t port) {
  auto const request = malformed_request(n, port);
  auto const received = exchange_bytes(port, request.bytes);
  auto const statuses = statuses_of(received);
  auto const shown = [&] { return fmt::format("request {}, {}: {:?}", n, request.kind, received); };
  if (!request.may_be_silent) EXPECT_FALSE(statuses.empty()) << shown();
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    bool const good = static_cast<int>(i) < request.good;
    EXPECT_TRUE(good ? statuses[i] == 200 : statuses[i] >= 400 && statuses[i] < 500)
        << statuses[i] << " for " << shown();
  }
  EXPECT_LE(statuses.size(), static_cast<std::size_t>(request.good) + 1) << shown();
}

TEST(MalformedRequests, are_refused_and_leave_nothing_behind) {
  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09"},
               .jobs =
                   "  - { name: live, provider: exchange, timeframe: 1d, symbols: [AAPL], calendar: XNYS, "
                   "history: 2024-03-04, schedule: { every: 1h } }\n",
               .more = "control: { listen: 127.0.0.1:0, token: \"${env:CANDLED_TEST_TOKEN}\" }\n"}};
  auto const daemon =
      world.start({"run"}, {{"CANDLED_TEST_TOKEN", "a-token-of-32-visible-characters-or-more"},
                            {"ASAN_OPTIONS", sanitizer_options()}});
  ControlClient const client{*daemon};
  ASSERT_NE(client.port(), 0);
  long resident_before = 0;
  long files_before = 0;

  for (std::uint64_t n = 0; n < requests && !HasFailure(); ++n) {
    if (n == warm_up) {
      resident_before = number_of(client, "process_resident_memory_bytes");
      files_before = number_of(client, "process_open_fds");
    }
    expect_refused(n, client.port());
    if (n % in_a_round > 0) continue;
    // Its log is read on the way, or the pipe is full some time.
    auto const path = fmt::format("/round-{}-", n);
    EXPECT_EQ(client.get(path).status, 404);
    EXPECT_TRUE(daemon->wait_for(path)) << "the daemon has ended: " << daemon->errors();
  }

  ASSERT_FALSE(HasFailure());
  EXPECT_EQ(client.get("/healthz").status, 200);
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (number_of(client, "candled_control_connections") != 1 && std::chrono::steady_clock::now() < deadline)
    poll(nullptr, 0, 20);
  EXPECT_EQ(number_of(client, "candled_control_connections"), 1)
      << "of all connections only this one is left";
  EXPECT_LE(number_of(client, "process_open_fds"), files_before + 1);
  EXPECT_LT(number_of(client, "process_resident_memory_bytes"), resident_before + growth_max);
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
}

}  // namespace
}  // namespace candled::test
