// A folder that is gone when the test is.
#pragma once

#include <string>
#include <string_view>

namespace candled::test {

class TempDir {
 public:
  TempDir();
  TempDir(TempDir const&) = delete;
  TempDir& operator=(TempDir const&) = delete;
  ~TempDir();

  std::string const& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string{name}; }
  // Writes (or replaces) a file in the folder; returns its path.
  std::string write(std::string_view name, std::string_view text) const;

 private:
  std::string path_;
};

// The whole file; the test fails when it cannot be read.
std::string read_file(std::string const& path);

}  // namespace candled::test
