// Reading a whole small file, and saying in plain words why not.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace candled {

// 1 MiB: a list of every US share is 60 KB. Whatever is larger was not meant.
inline constexpr std::size_t small_file_bytes_max = 1024 * 1024;

struct SmallFile {
  std::string text;
  unsigned mode = 0;  // the permission bits of the file that was read
};

struct FileProblem {
  std::string message;  // "does not exist", "cannot be read: …": the caller has named the file
  std::string hint;
  bool permission = false;
};

// Never waits: a pipe or a device is refused. Symbolic links are followed.
std::expected<SmallFile, FileProblem> read_small_file(std::string const& path);

// `path`, unless it is absolute, taken from `folder`.
std::string path_within(std::string const& folder, std::string const& path);

}  // namespace candled
