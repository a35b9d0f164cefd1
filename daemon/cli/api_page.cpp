#include "cli/api_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace candled {

namespace {

std::optional<std::size_t> number_of(std::string const& text, std::size_t min, std::size_t max) {
  std::size_t number = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < min || number > max) return std::nullopt;
  return number;
}

}  // namespace

std::expected<PageWish, std::string> page_wish(ControlRequest const& request,
                                               std::vector<std::string> const& fields, PageLimits limits) {
  constexpr std::size_t offset_max = 100'000'000;
  PageWish wish{.filters = {}, .limit = limits.usual};
  for (auto const& name : request.parameters()) {
    auto const value = request.parameter(name);
    if (name == "limit") {
      auto const limit = number_of(value, 1, limits.max);
      if (!limit) return std::unexpected(fmt::format("limit is a number from 1 to {}", limits.max));
      wish.limit = *limit;
    } else if (name == "offset") {
      auto const offset = number_of(value, 0, offset_max);
      if (!offset) return std::unexpected(fmt::format("offset is a number from 0 to {}", offset_max));
      wish.offset = *offset;
    } else if (std::ranges::find(fields, name) != fields.end()) {
      wish.filters.emplace_back(name, value);
    } else {
      return std::unexpected(fmt::format("the parameters here are limit, offset{}{}",
                                         fields.empty() ? "" : ", ", fmt::join(fields, ", ")));
    }
  }
  return wish;
}

nlohmann::json page_of(nlohmann::json items, PageWish const& wish) {
  auto page = nlohmann::json::array();
  std::size_t total = 0;
  for (auto& item : items) {
    auto const fits = std::ranges::all_of(wish.filters, [&](auto const& filter) {
      auto const field = item.find(filter.first);
      return field != item.end() && field->is_string() && field->template get<std::string>() == filter.second;
    });
    if (!fits) continue;
    if (total >= wish.offset && page.size() < wish.limit) page.push_back(std::move(item));
    ++total;
  }
  return {{"items", std::move(page)}, {"total", total}, {"limit", wish.limit}, {"offset", wish.offset}};
}

}  // namespace candled
