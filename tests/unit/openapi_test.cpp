// docs/openapi.json describes the routes that there are, and only these.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "cli/api_page.hpp"
#include "control/openapi.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using Json = nlohmann::json;

// "GET /healthz", as the sources declare them: .method and .path, or get( and post( of the API.
std::set<std::string> routes_of_the_sources() {
  static std::regex const declared{
      R"re(\.method = "(GET|POST)",\s*\.path = "(/[^"]*)"|(get|post)\("(/[^"]*)")re"};
  std::set<std::string> routes;
  for (auto const& entry :
       std::filesystem::directory_iterator{std::filesystem::path{CANDLED_SOURCE_DIR} / "daemon/cli"}) {
    if (entry.path().extension() != ".cpp") continue;
    auto const text = test::read_file(entry.path());
    for (std::sregex_iterator match{text.begin(), text.end(), declared}, end; match != end; ++match)
      routes.insert((*match)[1].matched ? (*match)[1].str() + " " + (*match)[2].str()
                                        : ((*match)[3] == "get" ? "GET " : "POST ") + (*match)[4].str());
  }
  return routes;
}

TEST(OpenApi, describes_all_routes_and_no_others) {
  std::set<std::string> described;
  for (auto const& [path, methods] : Json::parse(openapi_document())["paths"].items())
    for (auto const& [method, ignored] : methods.items())
      described.insert((method == "get" ? "GET " : "POST ") + path);

  EXPECT_GE(described.size(), 15U);
  EXPECT_EQ(described, routes_of_the_sources());
}

TEST(OpenApi, wants_the_token_wherever_something_changes) {
  for (auto const& [path, methods] : Json::parse(openapi_document())["paths"].items())
    if (methods.contains("post")) EXPECT_TRUE(methods["post"]["security"][0].contains("token")) << path;
}

TEST(OpenApi, names_each_operation_and_resolves_each_reference) {
  auto const text = openapi_document();
  auto const document = Json::parse(text);
  std::set<std::string> operations;
  for (auto const& [path, methods] : document["paths"].items())
    for (auto const& [method, operation] : methods.items()) {
      EXPECT_TRUE(operations.insert(operation["operationId"]).second) << path;
      EXPECT_FALSE(operation["summary"].get<std::string>().empty());
      EXPECT_TRUE(operation["responses"].contains("default")) << path;
    }
  static std::regex const reference{R"re("\$ref": "#([^"]*)")re"};
  for (std::sregex_iterator match{text.begin(), text.end(), reference}, end; match != end; ++match)
    EXPECT_TRUE(document.contains(Json::json_pointer{(*match)[1].str()})) << (*match)[1];
}

PageWish wish_of(std::string const& target) {
  auto const wish = page_wish({.target = target}, {"ticker"});
  EXPECT_TRUE(wish) << wish.error();
  return wish.value_or(PageWish{});
}

TEST(ApiPage, is_cut_from_what_passes_the_filters) {
  Json const items{{{"ticker", "A"}, {"n", 1}}, {{"ticker", "B"}, {"n", 2}}, {{"ticker", "A"}, {"n", 3}}};

  auto const page = page_of(items, wish_of("/x?ticker=A&limit=1&offset=1"));

  EXPECT_EQ(page["total"], 2);
  EXPECT_EQ(page["items"], (Json::array({{{"ticker", "A"}, {"n", 3}}})));
  EXPECT_EQ(page_of(items, wish_of("/x"))["items"].size(), 3U);
  EXPECT_EQ(page_of(items, wish_of("/x?offset=9"))["items"].size(), 0U);
}

TEST(ApiPage, refuses_parameters_that_it_does_not_know) {
  for (auto const* const target :
       {"/x?limit=0", "/x?limit=1001", "/x?limit=1x", "/x?offset=-1", "/x?tickr=A", "/x?&"})
    EXPECT_FALSE(page_wish({.target = target}, {"ticker"})) << target;
  EXPECT_EQ(page_wish({.target = "/x?a=1"}, {"ticker"}).error(),
            "the parameters here are limit, offset, ticker");
}

}  // namespace
}  // namespace candled
