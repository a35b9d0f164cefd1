// The routes of /api/v1: what the daemon knows, a page at a time, and what people may ask of it.
#pragma once

#include <memory>
#include <vector>

#include "cli/engine.hpp"
#include "cli/reload.hpp"
#include "control/plane.hpp"
#include "core/secret.hpp"
#include "pipeline/progress_board.hpp"

namespace candled {

// All must outlive it.
struct ApiView {
  Engine const& engine;
  Reloader const& reloader;
  ProgressBoard const& board;
  Secret database_url;
};

class Api {
 public:
  explicit Api(ApiView view);
  Api(Api const&) = delete;
  Api& operator=(Api const&) = delete;
  // When no answer is on its way any more.
  ~Api();

  // They live as long as this. The database is read and written on a thread of this one's own.
  std::vector<Route> routes();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candled
