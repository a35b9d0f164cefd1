// What the dashboard's paths answer.
#pragma once

#include <span>
#include <string>

#include "control/assets.hpp"
#include "control/message.hpp"

namespace candled {

// "/" is the asset /index.html, and asked for each time, so that a new version is seen; what lies in /assets/
// has its content in its name, and is kept for a year. 404 for any other path.
ControlAnswer page_answer(ControlRequest const& request, std::span<Asset const> assets);

}  // namespace candled
