// One page of a list: filtered by its fields, counted, cut. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/message.hpp"

namespace candled {

inline constexpr std::size_t page_items_max = 1'000;

struct PageWish {
  std::vector<std::pair<std::string, std::string>> filters;  // field and value
  std::size_t limit = 100;
  std::size_t offset = 0;
};

struct PageLimits {
  std::size_t usual = 100;  // when the query names none
  std::size_t max = page_items_max;
};

// Parameters: limit (from 1 on), offset, and `fields`. Error: what is wrong with the query, for people.
std::expected<PageWish, std::string> page_wish(ControlRequest const& request,
                                               std::vector<std::string> const& fields,
                                               PageLimits limits = {});

// {"items": […], "total": 1234, "limit": 100, "offset": 0}: of `items`, an array of objects, those whose
// fields have the values; total counts them all.
nlohmann::json page_of(nlohmann::json items, PageWish const& wish);

}  // namespace candled
