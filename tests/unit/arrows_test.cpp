// The rules of the house that no compiler knows: which folder may include which, who may know which library,
// and a few about files. The map of arrows is not written here: it is what daemon/CMakeLists.txt links.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_dir.hpp"

namespace candled {
namespace {

using Problems = std::vector<std::string>;

struct Source {
  std::string path;  // daemon/core/time.cpp
  std::string text;
};

// Folder -> the folders that it may include: those it links, and those that they link.
using Arrows = std::map<std::string, std::set<std::string>>;

void follow(Arrows const& direct, std::string const& from, std::set<std::string>& reached) {
  auto const links = direct.find(from);
  if (links == direct.end()) return;
  for (auto const& to : links->second)
    if (reached.insert(to).second) follow(direct, to, reached);
}

// One `candled_library(folder DEPENDS candled_core … PRIVATE …)` a folder; names without candled_ are not
// ours.
Arrows read_arrows(std::string_view cmake) {
  constexpr std::string_view call = "candled_library(";
  Arrows direct;
  for (auto at = cmake.find(call); at != std::string_view::npos; at = cmake.find(call, at + 1)) {
    auto const arguments = cmake.substr(at + call.size(), cmake.find(')', at) - at - call.size());
    std::istringstream words{std::string{arguments}};
    std::string folder;
    words >> folder;
    auto& links = direct[folder];
    for (std::string word; words >> word;)
      if (word.starts_with("candled_")) links.insert(word.substr(std::string_view{"candled_"}.size()));
  }
  Arrows arrows;
  for (auto const& [folder, links] : direct) follow(direct, folder, arrows[folder]);
  return arrows;
}

// daemon/core/time.cpp -> core, daemon/main.cpp -> main
std::string folder_of(std::string_view path) {
  auto const inside = path.substr(path.find('/') + 1);
  return std::string{inside.substr(0, inside.find_first_of("/."))};
}

struct Line {
  std::size_t number;
  std::string text;
};

std::vector<Line> lines_of(std::string const& text) {
  std::vector<Line> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);)
    lines.push_back({.number = lines.size() + 1, .text = line});
  return lines;
}

// `#include "core/time.hpp"` -> core/time.hpp; empty: not an include.
std::string included_by(std::string_view line) {
  constexpr std::string_view directive = "#include ";
  if (!line.starts_with(directive) || line.size() < directive.size() + 2) return {};
  auto const name = line.substr(directive.size() + 1);
  return std::string{name.substr(0, name.find_first_of("\">"))};
}

// Who may include a library's headers: folders, or single files.
struct Library {
  std::string_view prefix;
  std::vector<std::string_view> places;
};

std::vector<Library> const& libraries() {
  static std::vector<Library> const all{
      {.prefix = "pqxx/", .places = {"store"}},
      {.prefix = "libpq-fe.h", .places = {"store"}},
      {.prefix = "openssl/", .places = {"store", "exchange", "control"}},
      {.prefix = "prometheus/", .places = {"control"}},
      {.prefix = "curl/", .places = {"http"}},
      {.prefix = "libdeflate.h", .places = {"http"}},
      {.prefix = "yaml-cpp/", .places = {"config"}},
      {.prefix = "simdjson", .places = {"provider"}},
      {.prefix = "date/", .places = {"core"}},
      {.prefix = "spdlog/", .places = {"pipeline", "cli", "main"}},
      {.prefix = "CLI/", .places = {"cli", "daemon/exchange/main.cpp"}},
      {.prefix = "boost/beast", .places = {"control"}},
      {.prefix = "boost/asio",
       .places = {"http", "store", "pipeline", "control", "cli", "main", "exchange"}}};
  return all;
}

// Seams that are narrower than a folder: of `of`, `folder` may include this one header only.
struct NarrowArrow {
  std::string_view folder;
  std::string_view of;
  std::string_view only;
};

constexpr std::array narrow_arrows{
    NarrowArrow{.folder = "provider", .of = "http", .only = "http/http_client.hpp"},
    NarrowArrow{.folder = "control", .of = "pipeline", .only = "pipeline/progress.hpp"}};

// What is wrong with one include; empty: nothing.
std::string judge_our(std::string const& from, std::string const& header, Arrows const& arrows) {
  auto const to = header.substr(0, header.find('/'));
  if (from == to || from == "main") return {};
  if (!arrows.at(from).contains(to)) return fmt::format("{} may not include {}", from, to);
  for (auto const& narrow : narrow_arrows)
    if (narrow.folder == from && narrow.of == to && narrow.only != header)
      return fmt::format("{} may include of {} only {}", from, to, narrow.only);
  return {};
}

std::string judge_library(Source const& source, std::string const& header) {
  for (auto const& [prefix, places] : libraries()) {
    if (!header.starts_with(prefix)) continue;
    auto const allowed = std::ranges::any_of(
        places, [&](auto const& place) { return place == source.path || place == folder_of(source.path); });
    if (!allowed) return fmt::format("{} belongs to {}", header, fmt::join(places, ", "));
  }
  return {};
}

Problems wrong_includes(Source const& source, Arrows const& arrows) {
  auto const from = folder_of(source.path);
  if (from != "main" && !arrows.contains(from))
    return {fmt::format("{}: {} is no library of daemon/CMakeLists.txt", source.path, from)};
  Problems problems;
  for (auto const& line : lines_of(source.text)) {
    auto const header = included_by(line.text);
    auto const ours = arrows.contains(header.substr(0, header.find('/')));
    auto const problem = ours ? judge_our(from, header, arrows) : judge_library(source, header);
    if (!problem.empty()) problems.push_back(fmt::format("{}:{}: {}", source.path, line.number, problem));
  }
  return problems;
}

// Words that no file may hold; in two pieces, or this file would hold them.
constexpr std::array forbidden_words{std::string_view{"std::this_thread::"
                                                      "sleep"},
                                     std::string_view{"TO"
                                                      "DO"}};

// `candled migrate` blocks by contract and has no loop to wait on: it may sleep between two looks at a lock.
// Tests wait for a state in one place.
constexpr std::array may_sleep{std::string_view{"daemon/store/migrator.cpp"},
                               std::string_view{"tests/support/eventually.hpp"}};

Problems wrong_lines(Source const& source) {
  Problems problems;
  auto const add = [&](std::size_t number, std::string_view what) {
    problems.push_back(fmt::format("{}:{}: {}", source.path, number, what));
  };
  auto const is_header = source.path.ends_with(".hpp");
  for (auto const& [number, text] : lines_of(source.text)) {
    if (text.contains('\t')) add(number, "a tab");
    if (text.ends_with(' ') || text.ends_with('\r')) add(number, "a trailing blank");
    if (is_header && included_by(text) == "iostream") add(number, "<iostream> in a header");
    for (auto const& word : forbidden_words)
      if (text.contains(word) &&
          (std::ranges::find(may_sleep, source.path) == may_sleep.end() || word != forbidden_words[0]))
        add(number, word);
  }
  return problems;
}

Problems wrong_files(Source const& source) {
  constexpr std::size_t lines_max = 400;
  Problems problems = wrong_lines(source);
  auto const lines = lines_of(source.text).size();
  if (lines > lines_max)
    problems.push_back(fmt::format("{}: {} lines, {} at most", source.path, lines, lines_max));
  if (source.path.ends_with(".hpp") && !("\n" + source.text).contains("\n#pragma once\n"))
    problems.push_back(fmt::format("{}: no #pragma once", source.path));
  return problems;
}

// Every .hpp and .cpp below a folder of the checkout.
std::vector<Source> sources_in(std::string_view folder) {
  std::filesystem::path const root{CANDLED_SOURCE_DIR};
  std::vector<Source> sources;
  for (std::filesystem::recursive_directory_iterator entry{root / folder}, end; entry != end; ++entry) {
    auto const& path = entry->path();
    if (path.filename() == "node_modules") entry.disable_recursion_pending();
    if (path.extension() != ".hpp" && path.extension() != ".cpp") continue;
    sources.push_back({.path = path.lexically_relative(root).string(), .text = test::read_file(path)});
  }
  return sources;
}

Arrows our_arrows() {
  return read_arrows(test::read_file(CANDLED_SOURCE_DIR "/daemon/CMakeLists.txt"));
}

// A small house: core <- store <- pipeline, and the seams that are narrower than a folder.
Arrows example_arrows() {
  return read_arrows(
      "candled_library(core DEPENDS fmt::fmt)\n"
      "candled_library(http DEPENDS candled_core candled_asio)\n"
      "candled_library(provider DEPENDS candled_http)\n"
      "candled_library(store DEPENDS candled_core PRIVATE PkgConfig::PQXX)\n"
      "candled_library(pipeline DEPENDS candled_store candled_http)\n"
      "candled_library(control DEPENDS candled_pipeline)\n"
      "candled_library(exchange DEPENDS candled_core)\n");
}

Problems including(std::string path, std::string_view header) {
  return wrong_includes({.path = std::move(path), .text = fmt::format("// why\n#include {}\n", header)},
                        example_arrows());
}

TEST(Arrows, every_include_follows_what_cmake_links) {
  auto const arrows = our_arrows();
  auto const sources = sources_in("daemon");

  ASSERT_GT(sources.size(), 20U);
  ASSERT_EQ(arrows.at("core"), std::set<std::string>{});
  for (auto const& source : sources) EXPECT_EQ(wrong_includes(source, arrows), Problems{});
}

TEST(Arrows, every_file_is_short_clean_and_guarded) {
  for (auto const& folder : {"daemon", "tests"})
    for (auto const& source : sources_in(folder)) EXPECT_EQ(wrong_files(source), Problems{});
}

TEST(Arrows, are_read_from_cmake_with_what_they_lead_to) {
  auto const arrows = example_arrows();

  EXPECT_EQ(arrows.at("core"), std::set<std::string>{});
  EXPECT_TRUE(arrows.at("control").contains("core"));
  EXPECT_FALSE(arrows.at("store").contains("http"));
}

TEST(Arrows, against_the_links_are_named_with_file_and_line) {
  EXPECT_EQ(including("daemon/core/bar.hpp", R"("store/bar_store.hpp")"),
            Problems{"daemon/core/bar.hpp:2: core may not include store"});
  EXPECT_EQ(including("daemon/store/pool.cpp", R"("pipeline/batch.hpp")"),
            Problems{"daemon/store/pool.cpp:2: store may not include pipeline"});
  EXPECT_EQ(including("daemon/extra/x.cpp", R"("core/bar.hpp")"),
            Problems{"daemon/extra/x.cpp: extra is no library of daemon/CMakeLists.txt"});
}

TEST(Arrows, along_the_links_are_fine) {
  EXPECT_EQ(including("daemon/core/bar.cpp", R"("core/bar.hpp")"), Problems{});
  EXPECT_EQ(including("daemon/pipeline/batch.cpp", R"("core/bar.hpp")"), Problems{});
  EXPECT_EQ(including("daemon/main.cpp", R"("control/server.hpp")"), Problems{});
  EXPECT_EQ(including("daemon/core/bar.cpp", "<vector>"), Problems{});
}

TEST(Arrows, through_a_seam_reach_its_header_only) {
  EXPECT_EQ(including("daemon/provider/polygon.cpp", R"("http/http_client.hpp")"), Problems{});
  EXPECT_EQ(
      including("daemon/provider/polygon.cpp", R"("http/curl_client.hpp")"),
      Problems{"daemon/provider/polygon.cpp:2: provider may include of http only http/http_client.hpp"});
  EXPECT_EQ(including("daemon/control/server.cpp", R"("pipeline/progress.hpp")"), Problems{});
  EXPECT_EQ(
      including("daemon/control/server.cpp", R"("pipeline/run_batch.hpp")"),
      Problems{"daemon/control/server.cpp:2: control may include of pipeline only pipeline/progress.hpp"});
}

TEST(Arrows, to_a_library_start_where_it_is_known) {
  EXPECT_EQ(including("daemon/store/pool.cpp", "<pqxx/pqxx>"), Problems{});
  EXPECT_EQ(including("daemon/pipeline/batch.cpp", "<pqxx/pqxx>"),
            Problems{"daemon/pipeline/batch.cpp:2: pqxx/pqxx belongs to store"});
  EXPECT_EQ(including("daemon/exchange/main.cpp", "<CLI/CLI.hpp>"), Problems{});
  EXPECT_EQ(including("daemon/exchange/answer.cpp", "<CLI/CLI.hpp>"),
            Problems{"daemon/exchange/answer.cpp:2: CLI/CLI.hpp belongs to cli, daemon/exchange/main.cpp"});
  EXPECT_EQ(including("daemon/core/task.hpp", "<boost/asio/awaitable.hpp>").size(), 1U);
}

TEST(Arrows, file_rules_catch_what_breaks_them) {
  EXPECT_EQ(wrong_files({.path = "daemon/core/a.hpp", .text = "// a\n#pragma once\n"}), Problems{});
  EXPECT_EQ(wrong_files({.path = "daemon/core/a.hpp", .text = "// a\n#include <iostream>\n"}),
            (Problems{"daemon/core/a.hpp:2: <iostream> in a header", "daemon/core/a.hpp: no #pragma once"}));
  EXPECT_EQ(wrong_files({.path = "tests/unit/a.cpp", .text = "int a;\t\nint b; \n"}),
            (Problems{"tests/unit/a.cpp:1: a tab", "tests/unit/a.cpp:2: a trailing blank"}));
  EXPECT_EQ(wrong_files({.path = "tests/unit/a.cpp", .text = fmt::format("// {}\n", forbidden_words.back())})
                .size(),
            1U);
  EXPECT_EQ(wrong_files({.path = "daemon/core/a.cpp", .text = std::string(401, '\n')}),
            Problems{"daemon/core/a.cpp: 401 lines, 400 at most"});
}

}  // namespace
}  // namespace candled
