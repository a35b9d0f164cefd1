#include "store/budget_claim.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "store/pg_text.hpp"

// The database's clock_timestamp() is the only clock here: processes on several hosts agree on no other, and
// unlike now() it is read after the lock was waited for. So what goes in and out are durations; each of them
// is rounded, and waits for the database, in the direction in which a place is held for longer.

namespace candled {

namespace {

constexpr std::size_t rows_max = 32;

// A request's longest timeout (10 minutes in the configuration) and the use of a reserve before it.
constexpr Milliseconds longest_before_per = std::chrono::minutes{11};

// The row is written even when it stays as it is: that locks it at every isolation level, so that what is
// read after it is what the last holder committed.
constexpr char lock_sql[] = R"(
  INSERT INTO candled.budget AS b (budget, requests, per, learned_requests, learned_at)
  VALUES ($1, $2, $3::float8 * interval '1 microsecond', $4::int4,
          CASE WHEN $4::int4 IS NOT NULL THEN clock_timestamp() END)
  ON CONFLICT (budget) DO UPDATE
  SET requests = EXCLUDED.requests, per = EXCLUDED.per,
      learned_requests = coalesce(EXCLUDED.learned_requests, b.learned_requests),
      learned_at = CASE WHEN coalesce(EXCLUDED.learned_requests, b.learned_requests)
                             IS DISTINCT FROM b.learned_requests
                        THEN clock_timestamp() ELSE b.learned_at END
  RETURNING learned_requests)";

constexpr char forget_sql[] =
    "DELETE FROM candled.budget_place "
    "WHERE budget = $1 AND (holder = $2::uuid OR held_until <= clock_timestamp())";

// The database's clock may have been set back: what was taken while it was ahead would be held until it is
// there again, and nothing would go for days. No holder takes a place for longer than `$2`.
constexpr char shorten_sql[] = R"(
  WITH clock AS MATERIALIZED (SELECT clock_timestamp() + $2::float8 * interval '1 microsecond' AS latest),
  too_long AS (
    DELETE FROM candled.budget_place p USING clock WHERE p.budget = $1 AND p.held_until > clock.latest
    RETURNING p.holder, p.places
  )
  INSERT INTO candled.budget_place (budget, holder, held_until, places)
  SELECT $1, t.holder, clock.latest, sum(t.places) FROM too_long t, clock GROUP BY t.holder, clock.latest)";

// After forget_sql only other holders have any. In microseconds, as everything that PostgreSQL keeps.
constexpr char others_sql[] = R"(
  SELECT places, (extract(epoch FROM held_until - clock_timestamp()) * 1000000)::int8
  FROM candled.budget_place WHERE budget = $1)";

constexpr char hold_sql[] = R"(
  WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
  INSERT INTO candled.budget_place (budget, holder, held_until, places)
  SELECT $1, $2::uuid, clock.now + held.microseconds * interval '1 microsecond', sum(held.places)
  FROM clock, unnest($3::int4[], $4::float8[]) AS held (places, microseconds)
  GROUP BY held.microseconds, clock.now)";

double microseconds_in(Milliseconds duration, double clock_speed) {
  return std::ceil(1000. * static_cast<double>(duration.count()) / clock_speed);
}

Milliseconds milliseconds_out(std::int64_t microseconds, double clock_speed) {
  return Milliseconds{std::llround(std::ceil(static_cast<double>(microseconds) * clock_speed / 1000))};
}

int sum_of(std::vector<HeldPlaces> const& places) {
  int sum = 0;
  for (auto const& entry : places) sum += entry.places;
  return sum;
}

std::vector<HeldPlaces> read_others(pqxx::work& work, std::string const& budget, double clock_speed) {
  std::vector<HeldPlaces> others;
  for (auto const& row : work.exec_params(others_sql, budget))
    // Those that came free since forget_sql counted them are theirs for this once.
    others.push_back(
        {.places = row[0].as<int>(),
         .held_for = std::max(milliseconds_out(row[1].as<std::int64_t>(), clock_speed), Milliseconds{1})});
  return others;
}

void hold(pqxx::work& work, BudgetClaim const& claim, std::vector<HeldPlaces> const& held,
          double clock_speed) {
  if (held.empty()) return;
  PgArray places;
  PgArray microseconds;
  for (auto const& entry : held) {
    places.add(entry.places);
    microseconds.add(microseconds_in(entry.held_for, clock_speed));
  }
  work.exec_params(hold_sql, claim.budget, claim.holder, places.text(), microseconds.text());
}

}  // namespace

BudgetGrant claim_budget(pqxx::work& work, BudgetClaim const& claim, double clock_speed) {
  auto const budget = work.exec_params1(lock_sql, claim.budget, claim.limit.requests,
                                        microseconds_in(claim.limit.per, clock_speed), claim.learned);
  work.exec_params0(forget_sql, claim.budget, claim.holder);
  work.exec_params0(shorten_sql, claim.budget,
                    microseconds_in(claim.limit.per + longest_before_per, clock_speed));
  auto const others = read_others(work, claim.budget, clock_speed);
  auto held = merge_places(claim.used, rows_max);
  auto const left = claim.limit.requests - sum_of(others) - sum_of(held);
  auto const reserved = std::max(0, std::min(claim.reserve, left));
  if (reserved > 0) held.push_back({.places = reserved, .held_for = claim.reserve_for});
  hold(work, claim, held, clock_speed);
  return {.reserved = reserved,
          .others = merge_places(others, rows_max),
          .learned = budget[0].is_null() ? std::nullopt : std::optional{budget[0].as<int>()}};
}

std::vector<HeldPlaces> merge_places(std::vector<HeldPlaces> places, std::size_t count) {
  std::erase_if(places, [](auto const& entry) { return entry.places <= 0 || entry.held_for.count() <= 0; });
  std::ranges::sort(places, {}, &HeldPlaces::held_for);
  std::vector<HeldPlaces> merged;
  // `count` spans of the same length, so that no place is held for longer than it must by more than one.
  auto const longest = places.empty() ? Milliseconds{0} : places.back().held_for;
  auto const span =
      places.size() <= count ? Milliseconds{1} : longest / static_cast<int>(count) + Milliseconds{1};
  for (auto const& entry : places) {
    if (merged.empty() || merged.back().held_for / span != entry.held_for / span)
      merged.push_back(entry);
    else
      merged.back() = {.places = merged.back().places + entry.places, .held_for = entry.held_for};
  }
  return merged;
}

}  // namespace candled
