#include "pipeline/progress.hpp"

#include <array>

namespace candled {

std::string_view to_string(Stage stage) {
  constexpr std::array<std::string_view, 6> names{"idle",    "planning", "fetching",
                                                  "loading", "waiting",  "parked"};
  return names.at(static_cast<std::size_t>(stage));
}

}  // namespace candled
