#include "cli/reload.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

ProviderConfig provider(std::string name, std::string key) {
  ProviderConfig made;
  made.name = std::move(name);
  made.api_key = Secret{std::move(key)};
  return made;
}

JobConfig job(std::string name, std::string provider) {
  JobConfig made;
  made.name = std::move(name);
  made.provider = std::move(provider);
  made.symbols = {"AAPL", "MSFT"};
  made.schedule = EverySchedule{.every = 1min};
  return made;
}

Config two_jobs_of_two_providers() {
  Config config;
  config.providers = {provider("a", "key-a"), provider("b", "key-b")};
  config.jobs = {job("one", "a"), job("two", "b")};
  return config;
}

TEST(Difference, there_is_none_between_equals) {
  auto const changes = difference(two_jobs_of_two_providers(), two_jobs_of_two_providers());

  EXPECT_EQ(changes.same_providers, (Names{"a", "b"}));
  EXPECT_EQ(changes.same_jobs, (Names{"one", "two"}));
  EXPECT_EQ(changes.needs_restart, Names{});
}

TEST(Difference, a_changed_job_leaves_the_others_and_its_provider_alone) {
  auto loaded = two_jobs_of_two_providers();
  loaded.jobs[0].symbols.emplace_back("IBM");

  auto const changes = difference(two_jobs_of_two_providers(), loaded);

  EXPECT_EQ(changes.same_providers, (Names{"a", "b"}));
  EXPECT_EQ(changes.same_jobs, Names{"two"});
}

TEST(Difference, a_new_key_changes_its_provider_and_the_jobs_that_use_it) {
  auto loaded = two_jobs_of_two_providers();
  loaded.providers[1].api_key = Secret{"key-c"};

  auto const changes = difference(two_jobs_of_two_providers(), loaded);

  EXPECT_EQ(changes.same_providers, Names{"a"});
  EXPECT_EQ(changes.same_jobs, Names{"one"});
}

TEST(Difference, a_day_that_a_calendar_closes_is_its_jobs_difference) {
  auto loaded = two_jobs_of_two_providers();
  loaded.jobs[1].calendar = CalendarKind::always;
  auto closes = loaded;
  closes.calendars.overrides[CalendarKind::xnys] = {
      {.date = std::chrono::year{2027} / 1 / 11, .closes_at = {}, .reason = "mourning"}};

  EXPECT_EQ(difference(loaded, closes).same_jobs, Names{"two"});
}

TEST(Difference, patience_is_every_providers) {
  auto retries = two_jobs_of_two_providers();
  retries.retry.attempts = 3;
  auto breaks = two_jobs_of_two_providers();
  breaks.breaker.failures = 9;

  EXPECT_EQ(difference(two_jobs_of_two_providers(), retries).same_jobs, Names{});
  EXPECT_EQ(difference(two_jobs_of_two_providers(), breaks).same_jobs, Names{});
}

TEST(Difference, a_new_job_and_a_gone_one_are_not_the_same) {
  auto loaded = two_jobs_of_two_providers();
  loaded.jobs[0] = job("three", "a");

  EXPECT_EQ(difference(two_jobs_of_two_providers(), loaded).same_jobs, Names{"two"});
}

TEST(Difference, names_what_only_a_restart_changes) {
  auto loaded = two_jobs_of_two_providers();
  loaded.database.url = Secret{"postgresql:///other"};
  loaded.timings.csv = "elsewhere.csv";
  loaded.control.listen = "127.0.0.1:1";
  loaded.log.format = LogFormat::json;
  loaded.log.level = LogLevel::debug;

  auto const changes = difference(two_jobs_of_two_providers(), loaded);

  EXPECT_EQ(changes.needs_restart, (Names{"database", "timings", "control", "log.format"}));
  EXPECT_EQ(changes.same_jobs, (Names{"one", "two"}));
}

TEST(Secret, is_equal_when_all_of_it_is) {
  EXPECT_TRUE(Secret{"abc"} == Secret{"abc"});
  EXPECT_FALSE(Secret{"abc"} == Secret{"abd"});
  EXPECT_FALSE(Secret{"abc"} == Secret{"ab"});
  EXPECT_TRUE(Secret{} == Secret{""});
}

}  // namespace
}  // namespace candled
