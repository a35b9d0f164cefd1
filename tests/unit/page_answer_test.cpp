// The dashboard's files over HTTP, and the ones that are built in.
#include "control/page_answer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "control/gzip.hpp"

namespace candled {
namespace {

std::string const packed_page = gzipped("<!doctype html>");
std::string const packed_script = gzipped("let a = 1;");
std::array<Asset, 2> const assets{{
    {.path = "/assets/main-4f3a.js", .type = "text/javascript; charset=utf-8", .gzipped = packed_script},
    {.path = "/index.html", .type = "text/html; charset=utf-8", .gzipped = packed_page},
}};

ControlAnswer ask(std::string const& path, ControlHeaders headers = {{"Accept-Encoding", "gzip, br"}}) {
  return page_answer({.id = "1", .method = "GET", .target = path, .headers = std::move(headers)}, assets);
}

std::string header(ControlAnswer const& answer, std::string_view name) {
  for (auto const& [key, value] : answer.headers)
    if (same_name(key, name)) return value;
  return "";
}

TEST(PageAnswer, sends_the_page_at_the_root_as_it_was_packed) {
  auto const answer = ask("/?a=b");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "text/html; charset=utf-8");
  EXPECT_EQ(answer.body, packed_page);
  EXPECT_EQ(header(answer, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(answer, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header(answer, "Cache-Control"), "no-cache");
}

TEST(PageAnswer, lets_a_page_run_nothing_but_its_own_files) {
  auto const policy = header(ask("/"), "Content-Security-Policy");

  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';")) << policy;
  EXPECT_FALSE(policy.contains("unsafe")) << policy;
}

TEST(PageAnswer, lets_files_be_kept_whose_name_has_their_content) {
  auto const answer = ask("/assets/main-4f3a.js");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "text/javascript; charset=utf-8");
  EXPECT_EQ(header(answer, "Cache-Control"), "public, max-age=31536000, immutable");
}

TEST(PageAnswer, unpacks_for_a_client_that_takes_no_gzip) {
  for (auto const& headers : {ControlHeaders{}, ControlHeaders{{"Accept-Encoding", "br, gzip;q=0"}}}) {
    auto const answer = ask("/assets/main-4f3a.js", headers);

    EXPECT_EQ(answer.body, "let a = 1;");
    EXPECT_EQ(header(answer, "Content-Encoding"), "");
  }
}

TEST(PageAnswer, knows_no_other_file) {
  for (auto const* const path : {"/assets/main-0000.js", "/assets/../index.html", "/assets/"})
    EXPECT_EQ(ask(path).status, 404) << path;
}

TEST(PageAnswer, has_the_page_that_was_built) {
  auto const page = page_answer({.id = "1", .method = "GET", .target = "/"}, dashboard_assets());

  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.body.contains("<title>candled</title>")) << page.body;
  for (auto const& asset : dashboard_assets()) {
    if (asset.path == "/index.html") continue;
    EXPECT_TRUE(page.body.contains(asset.path)) << asset.path;
    EXPECT_FALSE(ungzipped(asset.gzipped).empty()) << asset.path;
  }
}

}  // namespace
}  // namespace candled
