// The routes of /api/v1: what the daemon knows, a page at a time, and what people may ask of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/live_view.hpp"
#include "control/plane.hpp"
#include "core/secret.hpp"

namespace candled {

class Api {
 public:
  Api(LiveView view, Secret database_url);
  Api(Api const&) = delete;
  Api& operator=(Api const&) = delete;
  // When no answer is on its way any more.
  ~Api();

  // They live as long as this. The database is read and written on a thread of this one's own.
  std::vector<Route> routes();

  // What /api/v1/live answers, and streams tell.
  std::string live() const;

 private:
  std::vector<Route> routes_of_now();
  std::vector<Route> routes_of_the_database();
  std::vector<Route> routes_of_changes();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candled
