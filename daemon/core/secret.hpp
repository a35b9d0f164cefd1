// A value that must not reach a log, a message or a dump.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace candled {

// Cannot be printed or formatted: the only way out is `reveal`, which is easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  std::string const& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  // Whether both are the same. Takes as long whatever differs, but for the length.
  friend bool operator==(Secret const& a, Secret const& b) {
    if (a.value_.size() != b.value_.size()) return false;
    unsigned char differs = 0;
    for (std::size_t i = 0; i < a.value_.size(); ++i)
      differs |= static_cast<unsigned char>(static_cast<unsigned char>(a.value_[i]) ^
                                            static_cast<unsigned char>(b.value_[i]));
    return differs == 0;
  }

 private:
  std::string value_;
};

}  // namespace candled
