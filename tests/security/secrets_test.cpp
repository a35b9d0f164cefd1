// Canaries in the place of every secret that candled is given, and a day on which everything goes wrong: no
// canary comes out anywhere.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "end_to_end/control_client.hpp"
#include "end_to_end/world.hpp"
#include "security/spellings.hpp"

namespace candled::test {
namespace {

// Characters that URLs, JSON and base64 write in another way.
constexpr auto key = "canary/key+8c1f~4d2a9e";
constexpr auto password = "canary/password+5b7e~02c4";
constexpr auto wrong_password = "canary/wrong+password~9d13";
constexpr auto token = "canary/token+3e8a~77b1c0d9f2e64a5b8c9d";
constexpr auto wrong_token = "canary/guess+6f5e~1a2b3c4d5e6f7a8b9c0d";
constexpr auto access_key = "CANARYACCESS4F9Q";
constexpr auto secret_key = "canary/secret+of~s3+71d9";
std::vector<std::string> const secrets = {key,         password,   wrong_password, token,
                                          wrong_token, access_key, secret_key};

// Every answer of the provider's that can go wrong, on the way to a full ingest.
constexpr auto bad_day =
    "502 ticker=AAPL times=1\n429 ticker=MSFT times=1 retry-after=1s\nhtml-200 ticker=IBM times=1\n"
    "truncate ticker=F times=1\nforeign-next-url ticker=ORCL times=1\nrefuse-200 ticker=CSCO times=1\n"
    "403-not-entitled ticker=INTC\nimpossible ticker=GE\nreset ticker=KO times=1\n500 ticker=s3 times=1\n";

std::string encoded(std::string_view text) {
  std::string result;
  for (char const c : text) result += c == '/' ? "%2F" : c == '+' ? "%2B" : std::string{c};
  return result;
}

class Canaries : public testing::Test {
 protected:
  Canaries() {
    rows(cluster_.url(),
         "CREATE ROLE candled_canary LOGIN SUPERUSER PASSWORD '" + std::string{password} + "'");
    ask_for_passwords();
    credentials_.write("control-token", token);
    std::filesystem::permissions(credentials_ / "control-token", std::filesystem::perms{0600});
    std::filesystem::create_directories(bucket_ / "mine");
    world_.emplace(WorldOptions{
        .exchange = {"--synthetic", "7", "--synthetic-from", "2024-03-01", "--now", "2024-03-09", "--key",
                     key, "--s3", bucket_.path(), "--s3-key", fmt::format("{}:{}", access_key, secret_key)},
        .faults = bad_day,
        .jobs = "  - { name: live, provider: exchange, timeframe: 1d, symbols: [AAPL, MSFT, IBM, F, ORCL, "
                "CSCO, INTC, GE, KO], calendar: XNYS, history: 2024-03-04, schedule: { every: 1s } }\n"
                "  - { name: minutes, provider: exchange, timeframe: 1m, symbols: [AAPL], calendar: XNYS, "
                "history: 2024-03-04, schedule: { every: 1s } }\n",
        .database_url = "${env:CANARY_DATABASE}",
        .providers =
            "  files: { kind: flatfile, fills: exchange, root: \"s3://flatfiles/mine\", endpoint: "
            "EXCHANGE, access_key: \"${env:CANARY_ACCESS}\", secret_key: \"${env:CANARY_SECRET}\" }\n",
        .more = "control: { listen: 127.0.0.1:0, token: \"${credential:control-token}\" }\n"
                "log: { level: debug, format: json }\n"});
  }

  // Of the role of candled's only: the tests' own logs in without.
  void ask_for_passwords() const {
    auto const file = value(cluster_.url(), "SHOW hba_file");
    rows(cluster_.url(),
         "COPY (SELECT 'local all candled_canary scram-sha-256' UNION ALL SELECT 'local all "
         "postgres trust') TO '" +
             file + "'");
    EXPECT_EQ(value(cluster_.url(), "SELECT pg_reload_conf()"), "t");
  }

  std::map<std::string, std::string> environment(std::string_view database_password = password) const {
    auto const host = cluster_.url().substr(cluster_.url().find("host="));
    return {
        {"CANDLED_TEST_KEY", key},
        {"CANARY_ACCESS", access_key},
        {"CANARY_SECRET", secret_key},
        {"CREDENTIALS_DIRECTORY", credentials_.path()},
        {"CANARY_DATABASE", fmt::format("postgresql://candled_canary:{}@/postgres?{}",
                                        encoded(database_password), host.substr(0, host.find("&user=")))}};
  }

  // What was there is due again: there is something to ask for.
  void make_work() const {
    rows(cluster_.url(),
         // In the order in which the daemon locks: nobody waits for the other.
         "SELECT FROM candled.series ORDER BY series_id FOR NO KEY UPDATE;"
         "UPDATE candled.series SET covered = '{}'; DELETE FROM candled.gap; TRUNCATE candled.bar");
  }

  // Runs a command to its end and keeps what it said.
  Finished candled(std::vector<std::string> const& arguments, std::string_view database_password = password) {
    auto finished = world_->candled(arguments, environment(database_password));
    keep("candled " + arguments.front(), finished.output + finished.errors);
    return finished;
  }

  // Asks until the component is, or is not, as `state` begins; reads the log on the way, or its pipe is full.
  bool sees(Process& daemon, ControlClient const& client, std::string const& component,
            std::string const& state, bool is = true) {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (std::chrono::steady_clock::now() < deadline) {
      auto const path = fmt::format("/look-{}-", ++looks_);
      client.get(path);
      if (!daemon.wait_for(path)) return false;
      auto const health = nlohmann::json::parse(client.get("/healthz").body, nullptr, false);
      if (!health.is_discarded() && state_of(health, component).starts_with(state) == is) return true;
    }
    return false;
  }

  void keep(std::string const& where, std::string text) { kept_.emplace_back(where, std::move(text)); }
  void keep_answers(ControlClient const& client) {
    auto const right = fmt::format("Authorization: Bearer {}\r\n", token);
    auto const wrong = fmt::format("Authorization: Bearer {}\r\n", wrong_token);
    for (auto const& [method, path] : {std::pair{"GET", "/healthz"},
                                       {"GET", "/metrics"},
                                       {"GET", "/readyz"},
                                       {"GET", "/nothing"},
                                       {"DELETE", "/healthz"},
                                       {"POST", "/metrics"}})
      for (auto const& header : {std::string{}, right, wrong}) {
        auto const reply = client.ask(method, path, header);
        EXPECT_NE(reply.status, 0);
        keep(fmt::format("{} {}", method, path), reply.head + reply.body);
      }
    keep("a query", client.get(fmt::format("/healthz?token={}", token)).body);
  }

  PrivateCluster cluster_;
  TempDir credentials_;
  TempDir bucket_;
  std::optional<World> world_;
  int looks_ = 0;
  std::vector<std::pair<std::string, std::string>> kept_;  // where, what was there
};

TEST_F(Canaries, come_out_nowhere_whatever_goes_wrong) {
  ASSERT_EQ(candled({"check"}).exit_code, 0) << kept_.back().second;
  ASSERT_EQ(candled({"migrate"}).exit_code, 0) << kept_.back().second;
  candled({"plan"});

  auto const daemon = world_->start({"run"}, environment());
  ControlClient const client{*daemon};
  for (auto const* const words : {"asks again", "live 1d: ", "minutes 1m: "})
    ASSERT_TRUE(daemon->wait_for(words)) << daemon->errors();
  keep("the process list", read_file(fmt::format("/proc/{}/cmdline", daemon->pid())));
  keep_answers(client);
  auto const good = read_file(world_->config());
  world_->dir().write("candled.yaml", good + "no_such_key: 1\nlog: { level: loud }\n");
  daemon->signal(SIGHUP);
  EXPECT_TRUE(sees(*daemon, client, "configuration", "degraded: reload_failed"));
  candled({"check"});
  world_->dir().write("candled.yaml", good);
  daemon->signal(SIGHUP);
  cluster_.stop_immediate();
  EXPECT_TRUE(sees(*daemon, client, "database", "down: database_away"));
  keep_answers(client);
  candled({"status"});
  cluster_.start();
  EXPECT_TRUE(sees(*daemon, client, "database", "ok: ok"));
  for (auto const* const refusal : {"503\n", "401\n"}) {
    make_work();
    world_->dir().write("faults", refusal);
    world_->kill_exchange();
    EXPECT_TRUE(sees(*daemon, client, "provider:exchange", "ok", false));
    keep_answers(client);
  }
  ASSERT_FALSE(HasFailure());
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0);
  keep("the log", daemon->output() + daemon->errors());

  make_work();
  EXPECT_TRUE(candled({"once"}).errors.contains("401")) << kept_.back().second;
  for (auto const* const command : {"once", "status", "gaps", "migrate"}) {
    auto const refused = candled({command}, wrong_password);
    EXPECT_NE(refused.exit_code, 0) << command;
    EXPECT_TRUE(refused.errors.contains("password authentication failed"))
        << command << ": " << refused.errors;
  }
  candled({"status", "--json"});
  candled({"gaps"});
  keep("timings.csv", read_file(world_->dir() / "timings.csv"));
  auto const dump = run({"pg_dump", "--dbname=" + cluster_.url()});
  ASSERT_EQ(dump.exit_code, 0) << dump.errors;
  ASSERT_TRUE(dump.output.contains("COPY candled.ingest_batch")) << dump.errors;
  keep("a dump of the database", dump.output);
  keep("PostgreSQL's log", read_file(value(cluster_.url(), "SHOW data_directory") + "/server.log"));

  for (auto const& [where, text] : kept_) {
    EXPECT_FALSE(text.empty()) << where;
    EXPECT_EQ(secret_in(text, secrets), "") << where << ": " << text;
  }
}

TEST(Spellings, of_a_secret_are_found_wherever_they_are) {
  std::string const secret = "canary/key+8c1f~4d2a9e";

  for (auto const* const text :
       {"key=canary/key+8c1f~4d2a9e&", "canary%2Fkey%2B8c1f~4d2a9e", "canary%2fkey%2b8c1f%7e",
        "canary\\/key+8c1f~4d2a9e", "63616e6172792f6b65792b386331667e346432613965",
        // printf 'canary/key+8c1f~4d2a9e' | base64, and with "a:" and "ab:" before it
        "Y2FuYXJ5L2tleSs4YzFmfjRkMmE5ZQ==", "YTpjYW5hcnkva2V5KzhjMWZ+NGQyYTll",
        "YWI6Y2FuYXJ5L2tleSs4YzFmfjRkMmE5ZQ=="})
    EXPECT_EQ(secret_in(text, {secret}).empty(), std::string_view{text} == "canary%2fkey%2b8c1f%7e") << text;
  EXPECT_EQ(secret_in("nothing of it: canary/key", {secret}), "");
}

// A core dump would hold them all.
TEST(CoreDumps, are_off_in_each_unit) {
  int units = 0;
  for (auto const& entry : std::filesystem::directory_iterator{CANDLED_SOURCE_DIR "/systemd"}) {
    if (entry.path().extension() != ".service") continue;
    ++units;
    EXPECT_TRUE(read_file(entry.path()).contains("\nLimitCORE=0\n")) << entry.path();
  }
  EXPECT_GE(units, 2);
}

}  // namespace
}  // namespace candled::test
