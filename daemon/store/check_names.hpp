// Whether what was asked for by a ticker is still the instrument's that the ticker named then.
#pragma once

#include "store/bar_store.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// `candled instruments import` may have run since a load's windows were planned. Throws std::runtime_error
// for a slice whose ticker did not name its series' instrument, by what is known now, in all the time that it
// proves; as libpqxx does otherwise. The series are locked.
void check_names(pqxx::work& work, Load const& load);

}  // namespace candled
