// Which series of an instrument and timeframe readers see. Include in .cpp files of store only: it brings
// libpqxx.
#pragma once

#include <pqxx/pqxx>

#include <string>

namespace candled {

// Two that register series, or change who is shown, take turns until the end of the transaction; those that
// only read do not wait. Before any lock of a row.
void lock_registration(pqxx::work& work);

// Readers see these series from now on, and of those that they saw before what these do not cover. `series`
// is an int4[], no two of them of one instrument and timeframe. Locks the rows in the order in which a load
// does it. Needs lock_registration().
void show_series(pqxx::work& work, std::string const& series);

}  // namespace candled
