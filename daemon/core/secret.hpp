// A value that must not reach a log, a message or a dump.
#pragma once

#include <string>
#include <utility>

namespace candled {

// Cannot be printed, formatted or compared: the only way out is `reveal`, which is easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  std::string const& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace candled
