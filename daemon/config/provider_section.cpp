#include "config/provider_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/secret_reference.hpp"
#include "config/sections.hpp"
#include "config/small_file.hpp"
#include "config/suggest.hpp"

namespace candled {

namespace {

using namespace std::chrono_literals;

enum class Kind { polygon, flatfile };

std::string default_base_url(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::polygon: return "https://api.massive.com";
  }
  return "";
}

void describe_asked(Section& section, ProviderDraft& draft) {
  auto& provider = draft.provider;
  provider.base_url = default_base_url(provider.kind);
  section.optional("base_url", provider.base_url, base_url());
  section.required("api_key", provider.api_key, api_key(section.findings().folder));
  section.optional_section("rate_limit", provider.rate_limit);
  section.optional("concurrency", provider.concurrency, whole_number(1, 256));
  section.optional("timeout", provider.timeout, duration(1s, 10min));
  section.optional_one_or_list("formerly", provider.formerly, draft.formerly_places, short_name());
}

constexpr std::string_view in_s3 = "s3://";

// s3://BUCKET/PREFIX, taken apart.
S3Place place_of(std::string const& root) {
  auto const rest = root.substr(std::min(in_s3.size(), root.size()));
  auto const slash = std::min(rest.find('/'), rest.size());
  S3Place place{.endpoint = "https://files.massive.com",
                .bucket = rest.substr(0, slash),
                .prefix = rest.substr(std::min(slash + 1, rest.size())),
                .key = {}};
  if (!place.prefix.empty() && !place.prefix.ends_with('/')) place.prefix += '/';
  return place;
}

void describe_bucket(Section& section, S3Place& place) {
  auto const& folder = section.findings().folder;
  section.optional("endpoint", place.endpoint, base_url());
  section.required("access_key", place.key.access_key, api_key(folder));
  section.required("secret_key", place.key.secret_key, api_key(folder));
  section.optional("region", place.key.region, region_name());
}

void describe_files(Section& section, ProviderDraft& draft) {
  section.required("fills", draft.fills, short_name());
  std::string root;
  section.required("root", root, files_root());
  if (root.starts_with(in_s3) || section.listing()) {
    auto& place = draft.files.s3.emplace(place_of(root));
    draft.files.root = root;
    describe_bucket(section, place);
  } else {
    draft.files.root = path_within(section.findings().folder, root);
  }
  std::vector<std::pair<std::string, std::string>> classes;
  for (auto const* const name :
       {"us_stocks_sip", "us_options_opra", "us_indices", "global_crypto", "global_forex"})
    classes.emplace_back(name, name);
  section.optional("asset_class", draft.files.asset_class, one_of(classes));
}

// Series of a former name become those of one provider that is configured, so a name can be neither one that
// is in use nor that of two.
void check_formerly(std::vector<ProviderDraft> const& drafts, Findings& findings) {
  std::map<std::string, std::string> renamed;  // former names and whose they were
  for (auto const& draft : drafts) {
    for (std::size_t i = 0; i < draft.provider.formerly.size(); ++i) {
      auto const& former = draft.provider.formerly[i];
      auto const report = [&](std::string message, std::string hint) {
        findings.problems.push_back({.file = findings.file,
                                     .line = draft.formerly_places[i].line,
                                     .column = draft.formerly_places[i].column,
                                     .path = draft.path + ".formerly",
                                     .message = std::move(message),
                                     .hint = std::move(hint)});
      };
      auto const [other, is_new] = renamed.emplace(former, draft.name);
      if (former == draft.name) {
        report(fmt::format("expected a name that the section had before, found its own, '{}'", former),
               "remove it");
      } else if (std::ranges::find(drafts, former, &ProviderDraft::name) != drafts.end()) {
        report(fmt::format("expected a name that is no longer in use, found '{}', which is configured too",
                           former),
               "a renamed section stands there once, under its new name: remove the old one");
      } else if (!is_new) {
        report(other->second == draft.name
                   ? fmt::format("expected each name once, found '{}' twice", former)
                   : fmt::format("expected a name of one provider, found '{}', which was '{}' already",
                                 former, other->second),
               "remove one of them");
      }
    }
  }
}

}  // namespace

void describe(Section& section, ProviderDraft& draft) {
  auto kind = Kind::polygon;
  section.required("kind", kind, one_of<Kind>({{"polygon", Kind::polygon}, {"flatfile", Kind::flatfile}}));
  draft.is_files = kind == Kind::flatfile;
  draft.files.name = draft.name;
  draft.path = section.path();
  if (!draft.is_files || section.listing()) describe_asked(section, draft);
  if (draft.is_files || section.listing()) describe_files(section, draft);
  draft.fills_good = section.good("fills");
  draft.fills_place = section.place_of("fills");
}

std::vector<ProviderConfig> join_providers(std::vector<ProviderDraft> const& drafts, Findings& findings) {
  check_formerly(drafts, findings);
  std::vector<ProviderConfig> providers;
  std::vector<std::string> names;
  for (auto const& draft : drafts) {
    if (draft.is_files) continue;
    providers.push_back(draft.provider);
    providers.back().name = draft.name;  // a section that is no mapping was not described
    names.push_back(draft.name);
  }
  for (auto const& draft : drafts) {
    if (!draft.is_files || !draft.fills_good) continue;
    auto const report = [&](std::string message, std::string hint) {
      findings.problems.push_back({.file = findings.file,
                                   .line = draft.fills_place.line,
                                   .column = draft.fills_place.column,
                                   .path = draft.path + ".fills",
                                   .message = std::move(message),
                                   .hint = std::move(hint)});
    };
    auto const filled = std::ranges::find(providers, draft.fills, &ProviderConfig::name);
    if (filled == providers.end()) {
      report(fmt::format("expected the name of a provider of kind polygon, found '{}'", draft.fills),
             did_you_mean(draft.fills, names));
    } else if (filled->files) {
      report(fmt::format("expected a provider without files, found that '{}' fills '{}' already",
                         filled->files->name, draft.fills),
             "one folder of files for each provider");
    } else {
      filled->files = draft.files;
    }
  }
  return providers;
}

}  // namespace candled
