// Signals, systemd, terminals: how candled starts, lives and ends.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "end_to_end/notify_socket.hpp"
#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

std::vector<std::string> const past = {"--synthetic", "7",     "--synthetic-from",
                                       "2024-03-01",  "--now", "2024-03-09"};

std::string daily_jobs(std::string const& tickers) {
  return fmt::format(
      "  - {{ name: daily, provider: exchange, timeframe: 1d, symbols: [{}], calendar: XNYS, history: "
      "2024-03-04, "
      "batch: {{ symbols: 4, parallel: 2 }} }}\n",
      tickers);
}

// Whether `state` comes to be within a minute.
template <class State>
bool comes_to_be(State const& state) {
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (!state())
    if (std::chrono::steady_clock::now() > deadline) return false;
  return true;
}

// What is covered, as it was when this was made, and the bars in it.
constexpr auto keep_what_is_covered =
    "CREATE TABLE public.kept AS SELECT series_id, upper(covered) AS until, "
    "(SELECT count(*) FROM candled.bar b WHERE b.series_id = s.series_id AND b.ts < upper(s.covered)) AS "
    "bars "
    "FROM candled.series s";
constexpr auto series_that_lacked_bars =
    "SELECT count(*) FROM public.kept k WHERE bars <> "
    "(SELECT count(*) FROM candled.bar b WHERE b.series_id = k.series_id AND b.ts < k.until)";

TEST(Run, keeps_bars_coming_tells_systemd_and_drains_at_sigterm) {
  World world{{.exchange = {"--synthetic", "7", "--synthetic-from", "2020-01-01"},
               .jobs = "  - { name: live, provider: exchange, timeframe: 1m, symbols: [X:BTCUSD, X:ETHUSD], "
                       "calendar: 24x7, "
                       "history: 2026-11-20, schedule: { every: 1s } }\n",
               .more = "log: { level: debug, format: text }\n"}};
  NotifySocket systemd{world.dir() / "notify"};

  auto const daemon = world.start({"run"}, systemd.environment());
  EXPECT_TRUE(systemd.wait_for("READY=1"));
  EXPECT_TRUE(daemon->wait_for("live 1m: ok: 2 symbols")) << daemon->errors();
  daemon->signal(SIGTERM);

  EXPECT_TRUE(systemd.wait_for("STOPPING=1"));
  EXPECT_EQ(daemon->wait(), 0) << daemon->errors();
  EXPECT_TRUE(daemon->errors().contains("candled has stopped")) << daemon->errors();
  EXPECT_NE(value(world.url(), "SELECT count(*) FROM candled.bar"), "0");
  EXPECT_EQ(value(world.url(), "SELECT exit_code FROM candled.ingest_run ORDER BY run_id DESC LIMIT 1"), "0");

  // Asked for again as if nothing were covered, no covered time turns out to have lacked a bar.
  rows(world.url(), keep_what_is_covered);
  rows(world.url(), "UPDATE candled.series SET covered = '{}'");
  EXPECT_EQ(world.candled({"once"}).exit_code, 0);
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM public.kept WHERE bars > 0"), "2");
  EXPECT_EQ(value(world.url(), series_that_lacked_bars), "0");
}

TEST(Run, ends_at_sigterm_while_it_backs_off) {
  World world{{.exchange = past, .faults = "502 rate=1\n", .jobs = daily_jobs("AAPL")}};
  auto config = read_file(world.config());
  config.replace(config.find("max: 200ms"), 10, "max: 300s ");
  config.replace(config.find("min: 10ms"), 9, "min: 300s");
  world.dir().write("candled.yaml", config);

  auto const once = world.start({"once"});
  EXPECT_TRUE(once->wait_for("daily AAPL asks again in ")) << once->errors();
  once->signal(SIGTERM);

  EXPECT_EQ(once->wait(), 1) << once->errors();
  EXPECT_TRUE(once->output().contains("not all is covered")) << once->output();
}

TEST(Run, ends_at_sigterm_while_it_waits_for_the_budget) {
  World world{{.exchange = past,
               .jobs = daily_jobs("AAPL, MSFT, IBM, KO"),
               .rate_limit = "{ requests: 1, per: 1h, burst: 1 }"}};

  auto const once = world.start({"once"});
  ASSERT_TRUE(comes_to_be([&] { return world.report().contains("/v2/aggs"); }));
  once->signal(SIGTERM);

  EXPECT_EQ(once->wait(), 1) << once->errors();
  EXPECT_EQ(world.reported("requests"), 1);
}

TEST(Run, a_second_sigterm_ends_it_now) {
  // The load waits for a lock that the test holds: it cannot drain.
  World world{{.exchange = past, .jobs = daily_jobs("AAPL")}};
  Process holder{{"psql", "--no-psqlrc", "--quiet", world.url(), "-c", "BEGIN; LOCK TABLE candled.bar;", "-c",
                  "SELECT 'locked'", "-c", "SELECT pg_sleep(60)"}};
  ASSERT_TRUE(holder.wait_for("locked")) << holder.errors();

  auto const once = world.start({"once"});
  ASSERT_TRUE(comes_to_be([&] {
    return value(
               world.url(),
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type "
               "= 'Lock'") != "0";
  }));
  once->signal(SIGTERM);
  EXPECT_TRUE(once->wait_for("stopping: ")) << once->errors();
  once->signal(SIGTERM);

  EXPECT_EQ(once->wait(), 1) << once->errors();
  EXPECT_TRUE(once->errors().contains("asked twice to stop: ending now")) << once->errors();
}

TEST(Run, waits_for_a_database_that_comes_later) {
  PrivateCluster cluster;
  World world{{.exchange = past, .jobs = daily_jobs("AAPL"), .database_url = cluster.url()}};
  ASSERT_EQ(world.candled({"migrate"}).exit_code, 0);
  auto config = read_file(world.config());
  config.replace(config.find(", history"), 9, ", schedule: { every: 1h }, history");
  world.dir().write("candled.yaml", config);
  cluster.stop();

  auto const given_up = world.start({"run"});
  EXPECT_TRUE(given_up->wait_for("the database is not there, work waits for it: ")) << given_up->errors();
  given_up->signal(SIGTERM);
  EXPECT_EQ(given_up->wait(), 0) << given_up->errors();

  auto const patient = world.start({"run"});
  EXPECT_TRUE(patient->wait_for("the database is not there, work waits for it: ")) << patient->errors();
  cluster.start();
  EXPECT_TRUE(patient->wait_for("daily 1d: ok: 1 symbols")) << patient->errors();
  patient->signal(SIGTERM);
  EXPECT_EQ(patient->wait(), 0) << patient->errors();
}

TEST(Backfill, ends_cleanly_at_ctrl_c_and_the_same_command_goes_on) {
  std::string const tickers = "A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P";
  auto slow = past;
  slow.insert(slow.end(), {"--latency", "50ms"});
  World world{{.exchange = slow, .jobs = daily_jobs(tickers)}};
  std::vector<std::string> const command{"backfill", "--from", "2024-03-04", "--to", "2024-03-08"};

  auto const first = world.start(command);
  EXPECT_TRUE(first->wait_for("daily 1d: ok: 4 symbols")) << first->errors();
  first->signal(SIGINT);

  EXPECT_EQ(first->wait(), 1) << first->errors();
  EXPECT_TRUE(first->output().contains(
      "stopped before the end: what is committed stays; the same command goes on from here\n"))
      << first->output();
  auto const asked_first = world.reported("requests");
  EXPECT_LT(asked_first, 16);

  auto const second = world.candled(command);

  EXPECT_EQ(second.exit_code, 0) << second.errors;
  // 16 symbols, one request each, and the two that were in flight.
  EXPECT_LE(world.reported("requests"), 18);
  EXPECT_EQ(value(world.url(), "SELECT count(*) FROM candled.bar"), "80");
  EXPECT_FALSE(second.errors.contains("\r"));
}

// What a program writes to a terminal of 100 columns as its standard error.
class Terminal {
 public:
  Terminal() {
    winsize const size{.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    std::array<char, 128> name{};
    EXPECT_EQ(openpty(&ours_, &theirs_, name.data(), nullptr, &size), 0);
    name_ = name.data();
    fcntl(ours_, F_SETFD, FD_CLOEXEC);
    fcntl(theirs_, F_SETFD, FD_CLOEXEC);
    reader_ = std::thread{[this] {
      std::array<char, 4096> part{};
      for (ssize_t count = 0; (count = read(ours_, part.data(), part.size())) > 0;)
        text_.append(part.data(), static_cast<std::size_t>(count));
    }};
  }
  Terminal(Terminal const&) = delete;
  Terminal& operator=(Terminal const&) = delete;
  ~Terminal() { text(); }

  std::string const& name() const { return name_; }
  // All of it, once the program has ended.
  std::string const& text() {
    if (reader_.joinable()) {
      close(theirs_);  // the last writer: the reader comes to the end
      reader_.join();
      close(ours_);
    }
    return text_;
  }

 private:
  int ours_ = -1;
  int theirs_ = -1;
  std::string name_;
  std::string text_;
  std::thread reader_;
};

TEST(Backfill, draws_a_bar_on_a_terminal_that_no_log_line_tears) {
  auto slow = past;
  slow.insert(slow.end(), {"--latency", "200ms"});
  World world{{.exchange = slow, .jobs = daily_jobs("A, B, C, D, E, F, G, H")}};
  Terminal terminal;

  auto const finished =
      run({"sh", "-c", R"(exec "$@" 2>"$0")", terminal.name(), built_program("candled"), "backfill",
           "--config", world.config(), "--from", "2024-03-04", "--to", "2024-03-08"},
          {{"CANDLED_TEST_KEY", "demo"}});

  EXPECT_EQ(finished.exit_code, 0) << terminal.text();
  auto const& text = terminal.text();
  EXPECT_TRUE(text.contains("\r[--------------------]   0 %  backfill  ETA ")) << text;
  EXPECT_TRUE(text.contains("\r[##########----------]  50 %  backfill  ETA ")) << text;
  for (auto const* const word : {" bars ", " requests ", "/s  ", " of 8 wi"})
    EXPECT_TRUE(text.contains(word)) << word << " is not in " << text;
  // A log line stands at the beginning of a line that was wiped.
  std::size_t lines = 0;
  for (auto at = text.find(" daily 1d: ok"); at != std::string::npos;
       at = text.find(" daily 1d: ok", at + 1), ++lines) {
    auto const start = text.rfind('\r', at);
    EXPECT_EQ(text.substr(start, 4), "\r\033[K") << text.substr(start, 80);
  }
  EXPECT_EQ(lines, 2U);
}

TEST(Parked, once_leaves_a_failed_window_alone_gaps_explains_it_and_backfill_asks_again) {
  World world{
      {.exchange = past, .faults = "403-not-entitled ticker=MSFT\n", .jobs = daily_jobs("AAPL, MSFT")}};

  auto const first = world.candled({"once"});
  auto const asked = world.reported("requests");
  auto const second = world.candled({"once"});

  EXPECT_EQ(first.exit_code, 1) << first.errors;
  EXPECT_EQ(asked, 4);  // today, and history
  EXPECT_EQ(world.reported("requests"), 4);
  EXPECT_EQ(second.exit_code, 1) << second.output;
  EXPECT_TRUE(second.output.contains("note: 1 of daily's symbols have ranges that failed before"))
      << second.output;
  auto const gaps = nlohmann::json::parse(world.candled({"gaps", "--json"}).output);
  ASSERT_EQ(gaps.size(), 1U);  // of both, which touch
  EXPECT_EQ(gaps[0]["ticker"], "MSFT");
  EXPECT_EQ(gaps[0]["reason"], "not_entitled");
  EXPECT_EQ(gaps[0]["attempts"], 2);
  EXPECT_TRUE(gaps[0]["next_try_at"].is_string());
  EXPECT_TRUE(gaps[0]["detail"].get<std::string>().contains("403")) << gaps[0];

  auto const backfill = world.candled({"backfill", "--from", "2024-03-04", "--to", "2024-03-08"});
  EXPECT_EQ(backfill.exit_code, 1) << backfill.errors;
  EXPECT_EQ(world.reported("requests"), 5);
}

TEST(JsonLog, every_line_is_json) {
  World world{{.exchange = past,
               .faults = "502 times=1\n",
               .jobs = daily_jobs("AAPL, MSFT"),
               .more = "log: { level: debug, format: json }\n"}};

  auto const finished = world.candled({"backfill", "--from", "2024-03-04", "--to", "2024-03-08"});

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  std::istringstream lines{finished.errors};
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    auto const parsed = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << line;
    EXPECT_TRUE(parsed.contains("time") && parsed.contains("level") && parsed.contains("message")) << line;
  }
  EXPECT_GE(count, 3) << finished.errors;
}

TEST(Secrets, the_key_appears_nowhere) {
  std::string const canary = "canary-9f3a7c";
  auto keyed = past;
  keyed.insert(keyed.end(), {"--key", canary, "--latency", "100ms"});
  World world{{.exchange = keyed,
               .faults = "502 ticker=AAPL times=1\n403-not-entitled ticker=MSFT\nimpossible ticker=IBM\n",
               .jobs = daily_jobs("AAPL, MSFT, IBM"),
               .more = "log: { level: debug, format: text }\n"}};

  auto const once = world.start({"once"}, {{"CANDLED_TEST_KEY", canary}});
  ASSERT_TRUE(once->wait_for("asks again")) << once->errors();
  auto const command_line = read_file(fmt::format("/proc/{}/cmdline", once->pid()));
  EXPECT_EQ(once->wait(), 1) << once->errors();

  EXPECT_FALSE(command_line.contains(canary));
  EXPECT_FALSE((once->output() + once->errors()).contains(canary));
  EXPECT_FALSE(read_file(world.dir() / "timings.csv").contains(canary));
  for (auto const* const table : {"ingest_run", "ingest_batch", "gap", "rejected_bar"}) {
    auto const text = value(
        world.url(), fmt::format("SELECT coalesce(string_agg(t::text, ' '), '') FROM candled.{} t", table));
    EXPECT_FALSE(text.empty()) << table;
    EXPECT_FALSE(text.contains(canary)) << table;
  }
}

}  // namespace
}  // namespace candled::test
