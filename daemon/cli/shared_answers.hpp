// One answer for all who ask the same within a moment. Include in .cpp files only: it brings Asio.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/task.hpp"
#include "core/time.hpp"

namespace candled {

// Each question is asked once in `kept_for` at most, and once at a time: whoever asks it meanwhile gets the
// same answer. All on one loop.
template <class Answer>
class SharedAnswers {
 public:
  explicit SharedAnswers(Milliseconds kept_for) : kept_for_(kept_for) {}

  // `ask` gives a Task<Answer>, and must not throw.
  template <class Ask>
  Task<Answer> get(std::string question, Ask ask) {
    auto const now = std::chrono::steady_clock::now();
    std::erase_if(known_, [&](auto const& one) { return one.second->is_old(now - kept_for_); });
    if (auto const found = known_.find(question); found != known_.end()) {
      auto const known = found->second;
      boost::system::error_code woken;
      while (!known->answer)
        co_await known->answered.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
      co_return *known->answer;
    }
    auto const mine = std::make_shared<Known>(co_await boost::asio::this_coro::executor);
    known_.emplace(std::move(question), mine);
    mine->answer = co_await ask();
    mine->at = std::chrono::steady_clock::now();
    mine->answered.cancel();
    co_return *mine->answer;
  }

  // Something has changed: what is asked from now on is asked anew.
  void forget() { known_.clear(); }

 private:
  struct Known {
    explicit Known(boost::asio::any_io_executor const& loop)
        : answered(loop, boost::asio::steady_timer::time_point::max()) {}
    bool is_old(SteadyTime since) const { return answer && at <= since; }

    boost::asio::steady_timer answered;  // an event
    std::optional<Answer> answer;        // nullopt: on its way
    SteadyTime at;
  };

  Milliseconds kept_for_;
  std::map<std::string, std::shared_ptr<Known>> known_;
};

}  // namespace candled
