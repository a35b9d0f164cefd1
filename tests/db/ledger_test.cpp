// The budget that several starts of candled share: never more than it allows, whoever dies.
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <random>

#include "store/budget_claim.hpp"
#include "store/pg_ledger.hpp"
#include "store_fixture.hpp"
#include "support/pg_proxy.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

constexpr char const* budget_name = "https://api.example.com a1b2c3";
constexpr char const* first_holder = "00000000-0000-0000-0000-000000000001";
constexpr char const* second_holder = "00000000-0000-0000-0000-000000000002";

// Ten places in a window of `per`.
BudgetClaim claim_of(std::string holder, int reserve, Milliseconds reserve_for = 60s) {
  return {.budget = budget_name,
          .holder = std::move(holder),
          .limit = {.requests = 10, .per = 60s, .burst = 1},
          .used = {},
          .reserve = reserve,
          .reserve_for = reserve_for,
          .learned = std::nullopt};
}

class Ledgers : public testing::Test {
 protected:
  BudgetGrant claim(BudgetClaim const& claim) { return must(await(ledger_.claim(claim))); }

  Rows rows(std::string const& sql) const { return test::rows(database_.url(), sql); }
  std::string value(std::string const& sql) const { return test::value(database_.url(), sql); }
  int held_now() const {
    return std::stoi(
        value("SELECT coalesce(sum(places), 0) FROM candled.budget_place "
              "WHERE held_until > clock_timestamp()"));
  }

  TempDatabase database_;
  PgLedger ledger_{Secret{with_option(database_.url(), "user", "candled_ingest")}};
};

using Claims = Ledgers;

TEST_F(Claims, a_holder_gets_what_the_others_leave) {
  EXPECT_EQ(claim(claim_of(first_holder, 7)).reserved, 7);

  auto const second = claim(claim_of(second_holder, 7));

  EXPECT_EQ(second.reserved, 3);
  ASSERT_EQ(second.others.size(), 1U);
  EXPECT_EQ(second.others[0].places, 7);
  EXPECT_LE(second.others[0].held_for, 60s);
  EXPECT_GT(second.others[0].held_for, 0s);
  EXPECT_EQ(held_now(), 10);
}

TEST_F(Claims, what_is_used_counts_before_what_is_reserved) {
  auto wish = claim_of(first_holder, 10);
  wish.used = {{.places = 3, .held_for = 20s}, {.places = 1, .held_for = 40s}};

  EXPECT_EQ(claim(wish).reserved, 6);
  EXPECT_EQ(rows("SELECT places FROM candled.budget_place ORDER BY held_until"), (Rows{{"3"}, {"1"}, {"6"}}));
}

TEST_F(Claims, more_used_than_allowed_is_on_record_and_leaves_nothing) {
  auto wish = claim_of(first_holder, 4);
  wish.used = {{.places = 12, .held_for = 20s}};

  EXPECT_EQ(claim(wish).reserved, 0);
  EXPECT_EQ(claim(claim_of(second_holder, 1)).reserved, 0);
  EXPECT_EQ(held_now(), 12);
}

TEST_F(Claims, a_holder_gives_back_by_claiming_nothing) {
  claim(claim_of(first_holder, 10));

  claim(claim_of(first_holder, 0));

  EXPECT_EQ(claim(claim_of(second_holder, 10)).reserved, 10);
}

TEST_F(Claims, budgets_do_not_touch_each_other) {
  claim(claim_of(first_holder, 10));
  auto other = claim_of(second_holder, 10);
  other.budget = "https://api.example.com d4e5f6";

  auto const grant = claim(other);

  EXPECT_EQ(grant.reserved, 10);
  EXPECT_TRUE(grant.others.empty());
}

TEST_F(Claims, told_twice_changes_nothing_but_time) {
  auto wish = claim_of(first_holder, 4);
  wish.used = {{.places = 3, .held_for = 20s}};
  wish.learned = 8;
  auto const state =
      "SELECT b.requests, b.per, b.learned_requests, b.learned_at, p.holder, p.places FROM candled.budget b "
      "JOIN candled.budget_place p USING (budget) ORDER BY p.held_until";
  auto const first = claim(wish);
  auto const before = rows(state);

  auto const second = claim(wish);

  EXPECT_EQ(second.reserved, first.reserved);
  EXPECT_EQ(rows(state), before);
}

class LostClaim : public Ledgers, public testing::WithParamInterface<PgProxy::Cut> {};

TEST_P(LostClaim, is_in_doubt_and_can_be_told_again) {
  PgProxy proxy{database_.url()};
  PgLedger far{Secret{proxy.url()}};
  proxy.cut_next(GetParam());

  auto const lost = await(far.claim(claim_of(first_holder, 6)));
  auto const again = must(await(far.claim(claim_of(first_holder, 6))));

  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::db_in_doubt);
  EXPECT_EQ(again.reserved, 6);
  EXPECT_EQ(held_now(), 6);
}

INSTANTIATE_TEST_SUITE_P(Ledgers, LostClaim,
                         testing::Values(PgProxy::Cut::before_commit, PgProxy::Cut::after_commit));

TEST_F(Claims, a_dead_holders_places_come_free_when_their_time_has_passed) {
  auto const before = value("SELECT clock_timestamp()");
  claim(claim_of(first_holder, 10, 50ms));

  while (claim(claim_of(second_holder, 10)).reserved < 10) {
  }

  EXPECT_EQ(value("SELECT clock_timestamp() - '" + before + "' >= interval '50 ms'"), "t");
  EXPECT_EQ(rows("SELECT holder, places FROM candled.budget_place"), (Rows{{second_holder, "10"}}));
}

TEST_F(Claims, a_clock_that_is_set_back_does_not_hold_places_for_days) {
  claim(claim_of(first_holder, 7));
  rows("UPDATE candled.budget_place SET held_until = held_until + interval '3 days'");

  auto const second = claim(claim_of(second_holder, 7));

  EXPECT_EQ(second.reserved, 3);
  ASSERT_EQ(second.others.size(), 1U);
  EXPECT_EQ(second.others[0].places, 7);
  EXPECT_LE(second.others[0].held_for, 12min);
  EXPECT_GT(second.others[0].held_for, 11min);
}

TEST_F(Claims, what_was_learned_is_kept_until_something_else_is) {
  EXPECT_EQ(claim(claim_of(first_holder, 1)).learned, std::nullopt);
  auto wish = claim_of(first_holder, 1);
  wish.learned = 6;
  EXPECT_EQ(claim(wish).learned, 6);
  auto const since = value("SELECT learned_at FROM candled.budget");

  EXPECT_EQ(claim(claim_of(second_holder, 1)).learned, 6);
  EXPECT_EQ(value("SELECT learned_at FROM candled.budget"), since);
  wish.learned = 8;
  EXPECT_EQ(claim(wish).learned, 8);
  EXPECT_NE(value("SELECT learned_at FROM candled.budget"), since);
}

TEST_F(Claims, the_row_says_what_the_configuration_says_now) {
  claim(claim_of(first_holder, 1));
  auto wish = claim_of(first_holder, 1);
  wish.limit = {.requests = 150, .per = 30s, .burst = 1};

  claim(wish);

  EXPECT_EQ(rows("SELECT requests, per FROM candled.budget"), (Rows{{"150", "00:00:30"}}));
}

TEST_F(Claims, a_drills_fast_clock_shortens_what_is_stored_and_lengthens_what_is_told) {
  PgLedger fast{Secret{database_.url()}, 100};

  must(await(fast.claim(claim_of(first_holder, 4, 3600s))));
  auto const slow = claim(claim_of(second_holder, 0));
  auto const fast_again = must(await(fast.claim(claim_of("00000000-0000-0000-0000-000000000003", 0))));

  EXPECT_EQ(value("SELECT interval '36 s' - (max(held_until) - clock_timestamp()) < interval '30 s' "
                  "AND max(held_until) - clock_timestamp() <= interval '36 s' FROM candled.budget_place"),
            "t");
  EXPECT_EQ(value("SELECT per FROM candled.budget"), "00:00:00.6");
  ASSERT_EQ(slow.others.size(), 1U);
  EXPECT_LE(slow.others[0].held_for, 36s);
  ASSERT_EQ(fast_again.others.size(), 1U);
  EXPECT_GT(fast_again.others[0].held_for, 36s);
  EXPECT_LE(fast_again.others[0].held_for, 3600s);
}

TEST_F(Claims, many_small_places_are_kept_in_few_rows) {
  auto wish = claim_of(first_holder, 5);
  wish.limit.requests = 1000;
  for (int i = 1; i <= 900; ++i) wish.used.push_back({.places = 1, .held_for = i * 50ms});

  EXPECT_EQ(claim(wish).reserved, 5);
  EXPECT_EQ(rows("SELECT count(*) <= 33, sum(places) FROM candled.budget_place"), (Rows{{"t", "905"}}));
  auto const others = claim(claim_of(second_holder, 0)).others;
  EXPECT_LE(others.size(), 32U);
}

TEST_F(Claims, a_holder_that_is_no_uuid_is_refused) {
  auto const refused = await(ledger_.claim(claim_of("me", 1)));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::db_refused);
}

TEST(MergePlaces, holds_each_place_as_long_as_before_or_longer) {
  std::vector<HeldPlaces> const places{{.places = 1, .held_for = 100ms}, {.places = 2, .held_for = 10ms},
                                       {.places = 4, .held_for = 90ms},  {.places = 8, .held_for = 0ms},
                                       {.places = 0, .held_for = 95ms},  {.places = 16, .held_for = 20ms}};

  auto const merged = merge_places(places, 2);

  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0].places, 18);
  EXPECT_EQ(merged[0].held_for, 20ms);
  EXPECT_EQ(merged[1].places, 5);
  EXPECT_EQ(merged[1].held_for, 100ms);
  EXPECT_EQ(merge_places(places, 4).size(), 4U);
  EXPECT_TRUE(merge_places({}, 4).empty());
}

TEST_F(Claims, two_ledgers_at_once_never_hold_more_than_the_limit_together) {
  auto const claim_often = [&](char const* holder, unsigned seed) {
    PgLedger ledger{Secret{database_.url()}};
    std::mt19937 random{seed};
    int most = 0;
    int last = 0;
    for (int i = 0; i < 60; ++i) {
      last = must(await(ledger.claim(claim_of(holder, static_cast<int>(random() % 12U))))).reserved;
      most = std::max(most, held_now());
    }
    return std::pair{most, last};
  };

  auto first = std::async(std::launch::async, claim_often, first_holder, 1U);
  auto second = std::async(std::launch::async, claim_often, second_holder, 2U);
  auto const [most_seen_first, held_by_first] = first.get();
  auto const [most_seen_second, held_by_second] = second.get();

  EXPECT_LE(most_seen_first, 10);
  EXPECT_LE(most_seen_second, 10);
  EXPECT_LE(held_by_first + held_by_second, 10);
  EXPECT_EQ(value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), "0");
}

// A start of candled that asks a provider: it sends only on places that it has, and tells of what it sent.
class Consumer {
 public:
  static constexpr Milliseconds per = 40ms;
  static constexpr Milliseconds reserve_for = 120ms;

  Consumer(std::string url, std::string holder)
      : ledger_(std::make_unique<PgLedger>(Secret{std::move(url)})), holder_(std::move(holder)) {}

  void claim(int reserve) {
    auto const now = std::chrono::steady_clock::now();
    BudgetClaim wish{.budget = budget_name,
                     .holder = holder_,
                     .limit = {.requests = 10, .per = per, .burst = 1},
                     .used = {},
                     .reserve = reserve,
                     .reserve_for = reserve_for,
                     .learned = std::nullopt};
    std::erase_if(sent_, [&](auto at) { return at + per <= now; });
    for (auto const at : sent_)
      wish.used.push_back({.places = 1, .held_for = std::chrono::ceil<Milliseconds>(at + per - now)});
    reserved_ = must(await(ledger_->claim(wish))).reserved;
    usable_until_ = now + reserve_for - per;
  }

  // At most `count` requests, when they were sent.
  std::vector<SteadyTime> send(int count) {
    std::vector<SteadyTime> sent;
    for (; count > 0 && reserved_ > 0; --count, --reserved_) {
      auto const now = std::chrono::steady_clock::now();
      if (now >= usable_until_) break;
      sent.push_back(now);
      sent_.push_back(now);
    }
    return sent;
  }

 private:
  std::unique_ptr<PgLedger> ledger_;
  std::string holder_;
  std::deque<SteadyTime> sent_;  // whose places are not free yet
  int reserved_ = 0;
  SteadyTime usable_until_{};
};

// Random consumers, of which some die with places in their hands, against what a provider would count.
class AnyConsumers : public Ledgers, public testing::WithParamInterface<unsigned> {
 protected:
  Consumer new_consumer() {
    return {database_.url(), "00000000-0000-0000-0000-" + std::to_string(100000000000 + ++holders_)};
  }

  int number(int from, int to) { return std::uniform_int_distribution{from, to}(random_); }

  std::mt19937 random_{GetParam()};
  int holders_ = 0;
};

TEST_P(AnyConsumers, send_no_more_than_the_limit_in_any_window_and_go_on_for_ever) {
  std::vector<Consumer> consumers;
  for (int i = 0; i < 3; ++i) consumers.push_back(new_consumer());
  std::vector<SteadyTime> sent;

  while (sent.size() < 80) {
    auto& consumer = consumers[static_cast<std::size_t>(number(0, 2))];
    switch (number(0, 9)) {
      case 0: consumer = new_consumer(); break;  // the one before it has died
      case 1:
      case 2:
      case 3: consumer.claim(number(0, 8)); break;
      default:
        for (auto const at : consumer.send(number(1, 4))) sent.push_back(at);
    }
    if (number(0, 9) == 0) EXPECT_LE(held_now(), 10);
  }

  for (std::size_t i = 10; i < sent.size(); ++i) EXPECT_GE(sent[i] - sent[i - 10], Consumer::per) << i;
}

INSTANTIATE_TEST_SUITE_P(Ledgers, AnyConsumers, testing::Range(1U, 4U));

}  // namespace
}  // namespace candled::test
