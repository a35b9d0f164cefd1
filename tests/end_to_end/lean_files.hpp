// Real names, splits and dividends, as LEAN's map and factor files say them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "end_to_end/world.hpp"

namespace candled::test {

// The folder of the real data, which need not be there.
extern std::string const real_data;

std::string upper(std::string text);
std::string iso(std::chrono::sys_days date);
// The path of a new file in the world's folder.
std::string write(World const& world, std::string const& name, std::string const& text);

// All names of the map files, for `candled instruments import`.
std::string all_names();

// A row of a factor file: what turns raw prices up to and with that day into today's.
struct Factor {
  std::chrono::sys_days last;
  double dividends;
  double splits;
  double reference;  // the raw close of that day
};

std::vector<Factor> factors_of(std::string const& instrument);
// What must have happened for the factors to be so, for `candled actions import` without its first line. The
// world knows the names.
std::string actions_of(std::string const& instrument, World const& world);

}  // namespace candled::test
