#include "config/load_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include "config/job_section.hpp"
#include "config/provider_section.hpp"
#include "config/sections.hpp"
#include "config/small_file.hpp"
#include "config/yaml_tree.hpp"

namespace candled {

namespace {

// A configuration as far as it could be read.
struct Draft {
  Config config;
  std::vector<ProviderDraft> providers;
  std::vector<JobDraft> jobs;
};

void describe(Section& section, Draft& draft) {
  auto& config = draft.config;
  section.required_section("database", config.database);
  section.required_named_sections("providers", draft.providers);
  section.optional_section("retry", config.retry);
  section.optional_section("breaker", config.breaker);
  section.required_sections("jobs", draft.jobs);
  section.optional_section("calendars", config.calendars);
  section.optional_section("timings", config.timings);
  section.optional_section("control", config.control);
  section.optional_section("log", config.log);
}

// A job may name a provider whose own section is wrong: that is one problem, not two.
std::vector<std::string> provider_names(Config const& config) {
  std::vector<std::string> names;
  names.reserve(config.providers.size());
  for (auto const& provider : config.providers) names.push_back(provider.name);
  return names;
}

Config read(YamlNode const& root, Findings& findings) {
  Draft draft;
  {
    Section section{findings, &root, "", {.line = 1, .column = 1}};
    describe(section, draft);
  }
  draft.config.providers = join_providers(draft.providers, findings);
  check_jobs(draft.jobs, provider_names(draft.config), findings);
  for (auto& job : draft.jobs) draft.config.jobs.push_back(std::move(job.job));
  return std::move(draft.config);
}

void sort_by_place(std::vector<ConfigProblem>& problems, std::string const& file) {
  auto const place = [&](ConfigProblem const& problem) {
    return std::tuple{
        problem.file != file, std::string_view{problem.file}, problem.line,
        problem.column,       std::string_view{problem.path}, std::string_view{problem.message}};
  };
  std::ranges::sort(problems, [&](auto const& a, auto const& b) { return place(a) < place(b); });
}

ConfigProblem named(ConfigProblem problem, std::string const& file) {
  problem.file = file;
  return problem;
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return text;
}

constexpr unsigned others_may_write = 0002;

}  // namespace

ConfigResult parse_config(std::string_view yaml, std::string const& name, std::string const& folder) {
  auto const root = parse_yaml(yaml);
  if (!root) return std::unexpected(std::vector{named(root.error(), name)});
  if (root->kind != YamlNode::Kind::mapping)
    return std::unexpected(
        std::vector{ConfigProblem{.file = name,
                                  .line = root->place.line,
                                  .column = root->place.column,
                                  .message = "expected keys such as database and jobs, found "
                                             "something else",
                                  .hint = "start from config/candled.yaml"}});
  Findings findings{.file = name, .folder = folder};
  auto config = read(*root, findings);
  if (findings.problems.empty()) return config;
  sort_by_place(findings.problems, name);
  return std::unexpected(std::move(findings.problems));
}

ConfigResult load_config(std::string const& path) {
  auto const refused = [&](std::string message, std::string hint, bool permission) {
    return std::unexpected(std::vector{ConfigProblem{.file = path,
                                                     .message = std::move(message),
                                                     .hint = std::move(hint),
                                                     .secret_or_permission = permission}});
  };
  auto const file = read_small_file(path);
  if (!file) return refused(file.error().message, file.error().hint, file.error().permission);
  // Whoever may write it could send the key to another host.
  if ((file->mode & others_may_write) != 0)
    return refused(fmt::format("may be written by every user of this machine (mode {:04o})", file->mode),
                   fmt::format("chmod o-w {}", path), true);
  return parse_config(file->text, path, std::filesystem::path{path}.parent_path().string());
}

std::vector<KnownKey> known_keys() {
  Findings findings;
  Draft draft;
  Section section{findings, nullptr, "", {}};
  describe(section, draft);
  return std::move(findings.known);
}

std::string to_string(ConfigProblem const& problem) {
  auto text = problem.file;
  if (problem.line > 0) text += fmt::format(":{}:{}", problem.line, problem.column);
  if (!problem.path.empty()) text += ": " + problem.path;
  text = one_line(text + ": " + problem.message);
  return problem.hint.empty() ? text : text + "\n    hint: " + one_line(problem.hint);
}

std::string_view to_string(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::polygon: return "polygon";
  }
  return "";
}

std::string host_of(std::string const& base_url) {
  auto const scheme = base_url.find("://");
  return scheme == std::string::npos ? base_url : base_url.substr(scheme + 3);
}

std::vector<std::string> ProviderConfig::names() const {
  std::vector<std::string> all{name};
  all.insert(all.end(), formerly.begin(), formerly.end());
  return all;
}

ProviderConfig const& Config::provider(std::string const& name) const {
  return *std::ranges::find(providers, name, &ProviderConfig::name);
}

Calendar Config::calendar(CalendarKind kind) const {
  auto const overrides = calendars.overrides.find(kind);
  return overrides == calendars.overrides.end() ? Calendar{kind} : Calendar{kind, overrides->second};
}

}  // namespace candled
