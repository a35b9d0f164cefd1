// How far each session of a series is, in one letter: for a map of many series. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "pipeline/job.hpp"
#include "store/reports.hpp"

namespace candled {

// Of `sessions`, in their order; of several letters for one session the first of these:
//   f  fetch_failed
//   r  rejected
//   t  not_entitled
//   h  horizon
//   e  provider_empty
//   n  never_asked
//   p  a part is there, the rest was not asked for yet
//   w  its bars are not final yet
//   c  all is there
//   -  not wanted: before the job's history, not kept any more, or the instrument had no such name
// `gaps`: the open ones of this series. `series`: its names and what is covered.
std::string session_states(Job const& job, std::vector<Session> const& sessions, Series series,
                           std::vector<GapRow> const& gaps, UtcTime now);

}  // namespace candled
