// What operators are told of whose bars readers see.
#include "cli/shown_notes.hpp"

#include <gtest/gtest.h>

#include "cli/engine.hpp"
#include "config/load_config.hpp"

namespace candled {
namespace {

// `providers` and `jobs` as YAML's lines.
Config configured(std::string const& providers, std::string const& jobs) {
  auto const loaded = parse_config(
      "database: { url: postgresql:///candled }\nproviders:\n" + providers + "jobs:\n" + jobs, "FILE", ".");
  if (!loaded) throw std::runtime_error(to_string(loaded.error().front()));
  return *loaded;
}

std::string provider(std::string const& name, std::string const& more = "") {
  return "  " + name + ": { kind: polygon, base_url: https://" + name + ".example, api_key: \"${env:PATH}\"" +
         more + " }\n";
}

std::string job(std::string const& name, std::string const& provider, std::string const& symbols) {
  return "  - { name: " + name + ", provider: " + provider + ", timeframe: 1d, symbols: [" + symbols +
         "], history: 2024-01-01 }\n";
}

UtcTime at(char const* text) {
  return parse_rfc3339(text).value();
}

CoverageRow row(std::string ticker, std::string provider, RangeSet covered) {
  CoverageRow row;
  row.ticker = std::move(ticker);
  row.timeframe = "1d";
  row.provider = std::move(provider);
  row.covered = std::move(covered);
  return row;
}

TimeRange const january{.from = at("2024-01-02T05:00:00Z"), .to = at("2024-02-01T05:00:00Z")};
TimeRange const february{.from = at("2024-02-01T05:00:00Z"), .to = at("2024-03-01T05:00:00Z")};

using Lines = std::vector<std::string>;

TEST(ShownNotes, are_none_where_readers_see_what_is_collected) {
  auto const config = configured(provider("p"), job("j", "p", "AAPL"));
  auto aapl = row("AAPL", "p", {january});
  aapl.is_primary = true;

  EXPECT_EQ(notes_on_shown(config, {aapl}), Lines{});
  EXPECT_EQ(notes_on_shown(config, {}), Lines{});
  EXPECT_EQ(notes_on_jobs(config), Lines{});
}

TEST(ShownNotes, tell_of_history_that_only_the_provider_before_has) {
  auto const config = configured(provider("new"), job("j", "new", "AAPL, MSFT, IBM"));
  std::vector<CoverageRow> rows;
  for (auto const* const ticker : {"AAPL", "MSFT"}) {
    auto old = row(ticker, "old", {january});
    old.still_shown = {january};
    rows.push_back(old);
    rows.push_back(row(ticker, "new", {february}));
    rows.back().is_primary = true;
  }
  rows.push_back(row("IBM", "new", {february}));
  rows.back().is_primary = true;

  EXPECT_EQ(notes_on_shown(config, rows), (Lines{"bars of AAPL and 1 more 1d before 2024-02-01 are still "
                                                 "those of provider 'old': 'j' has not collected "
                                                 "them from 'new'"}));
}

TEST(ShownNotes, tell_of_a_hole_that_the_provider_before_fills) {
  auto const config = configured(provider("new"), job("j", "new", "AAPL"));
  auto old = row("AAPL", "old", {january, february});
  old.still_shown = {february};
  auto now = row("AAPL", "new", {january});
  now.is_primary = true;

  EXPECT_EQ(notes_on_shown(config, {old, now}), (Lines{"bars of AAPL 1d from 2024-02-01 to 2024-02-29 are "
                                                       "still those of provider 'old': 'j' has not collected "
                                                       "them from 'new'"}));
}

TEST(ShownNotes, tell_of_a_job_that_has_not_begun_at_its_provider) {
  auto const config = configured(provider("new"), job("j", "new", "AAPL"));
  auto old = row("AAPL", "old", {january});
  old.is_primary = true;

  EXPECT_EQ(notes_on_shown(config, {old}), (Lines{"bars of AAPL 1d are still those of provider 'old': 'j' "
                                                  "collects them from 'new', and readers see these "
                                                  "once it has begun"}));
  EXPECT_EQ(notes_on_shown(configured(provider("new", ", formerly: old"), job("j", "new", "AAPL")), {old}),
            Lines{});
}

TEST(ShownNotes, tell_whom_of_two_jobs_readers_see) {
  auto const config = configured(provider("p") + provider("q"),
                                 job("one", "p", "AAPL, MSFT, IBM") + job("two", "q", "MSFT, IBM"));

  EXPECT_EQ(
      notes_on_jobs(config),
      (Lines{
          "MSFT and 1 more at 1d are collected by 'one' from 'p' and by 'two' from 'q': readers see those of "
          "'one', which comes first"}));
  auto const jobs = make_jobs(config);
  EXPECT_EQ(jobs[0].shown_elsewhere, Lines{});
  EXPECT_EQ(jobs[1].shown_elsewhere, (Lines{"MSFT", "IBM"}));
}

TEST(ShownNotes, offer_a_provider_that_was_renamed) {
  auto const config = configured(provider("p") + provider("q"), job("j", "p", "AAPL"));
  ProviderRow const gone{.name = "here", .kind = "polygon", .host = "q.example", .series = 7};

  EXPECT_EQ(notes_on_providers(config, {gone}), (Lines{"providers.q: the database has 7 series of provider "
                                                       "'here', which the configuration no longer has; if it "
                                                       "is the same one, write formerly: here"}));
}

TEST(ShownNotes, offer_none_of_another_host_or_that_is_configured) {
  auto const config = configured(provider("p", ", formerly: [before]"), job("j", "p", "AAPL"));

  EXPECT_EQ(notes_on_providers(config,
                               {{.name = "p", .kind = "polygon", .host = "p.example", .series = 1},
                                {.name = "before", .kind = "polygon", .host = "p.example", .series = 1},
                                {.name = "other", .kind = "polygon", .host = "other.example", .series = 1}}),
            Lines{});
}

// A database of before it was remembered.
TEST(ShownNotes, offer_one_of_an_unknown_host_to_a_provider_that_has_nothing_yet) {
  auto const config = configured(provider("p") + provider("q"), job("j", "p", "AAPL"));

  EXPECT_EQ(notes_on_providers(config, {{.name = "here", .kind = "", .host = "", .series = 7},
                                        {.name = "q", .kind = "polygon", .host = "q.example", .series = 2}}),
            (Lines{"providers.p: the database has 7 series of provider 'here', which the configuration no "
                   "longer has; if it "
                   "is the same one, write formerly: here"}));
}

TEST(Collection, has_all_that_the_configuration_collects) {
  auto const config = configured(provider("p", ", formerly: old") + provider("q"),
                                 job("one", "p", "AAPL, MSFT") + job("two", "q", "IBM"));

  auto const all = collection_of(config);

  ASSERT_EQ(all.providers.size(), 2U);
  EXPECT_EQ(all.providers[0].name, "p");
  EXPECT_EQ(all.providers[0].kind, "polygon");
  EXPECT_EQ(all.providers[0].host, "p.example");
  EXPECT_EQ(all.providers[0].formerly, (Lines{"old"}));
  ASSERT_EQ(all.jobs.size(), 2U);
  EXPECT_EQ(all.jobs[0].tickers, (Lines{"AAPL", "MSFT"}));
  EXPECT_EQ(all.jobs[1].provider, "q");
}

}  // namespace
}  // namespace candled
