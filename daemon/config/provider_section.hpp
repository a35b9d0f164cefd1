// The section `providers`: those that are asked, and the day files that stand beside them.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/section.hpp"

namespace candled {

// A provider as it is written: of a kind that is asked, or `kind: flatfile`.
struct ProviderDraft {
  std::string name;
  bool is_files = false;
  ProviderConfig provider;
  FlatFilesConfig files;
  std::string fills;  // the provider whose series the files fill
  bool fills_good = false;
  Place fills_place;
  std::vector<Place> formerly_places;  // of provider.formerly, one each
  std::string path;
};

void describe(Section& section, ProviderDraft& draft);

// The providers that are asked, each with its files. Reports files that fill none of them, or one that has
// files already, and former names that cannot be meant.
std::vector<ProviderConfig> join_providers(std::vector<ProviderDraft> const& drafts, Findings& findings);

}  // namespace candled
