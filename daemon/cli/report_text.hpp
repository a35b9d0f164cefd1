// A performance report, printed.
#pragma once

#include <string>

#include "core/performance_report.hpp"

namespace candled {

// For people; and for programs.
std::string report_text(PerformanceReport const& report);
std::string report_json(PerformanceReport const& report);

}  // namespace candled
