// The budget that all holders share, as SQL. Only store/ includes this.
#pragma once

#include <cstddef>
#include <pqxx/pqxx>
#include <vector>

#include "store/ledger.hpp"

namespace candled {

// What Ledger::claim says, within `work`. `clock_speed` as PgLedger has it. Throws as libpqxx does.
BudgetGrant claim_budget(pqxx::work& work, BudgetClaim const& claim, double clock_speed);

// The same places in at most `count` entries, soonest first: neighbours are held until the last of them is
// free, so never shorter than before. Entries that hold nothing (any more) are gone.
std::vector<HeldPlaces> merge_places(std::vector<HeldPlaces> places, std::size_t count);

}  // namespace candled
