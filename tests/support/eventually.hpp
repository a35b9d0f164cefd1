// Waiting for a state: the only place in the tests that sleeps.
#pragma once

#include <chrono>
#include <thread>

namespace candled::test {

// Looks every 50 ms whether `holds()`; false when it did not within `limit`. The limit is for a program that
// hangs, not for a slow machine: give it minutes.
template <class Condition>
bool eventually(Condition holds, std::chrono::seconds limit = std::chrono::seconds{300}) {
  auto const give_up = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return true;
}

}  // namespace candled::test
