#include "cli/shared_answers.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <vector>

namespace candled {
namespace {

using namespace std::chrono_literals;

struct SharedAnswersTest : testing::Test {
  void ask(std::string const& question) {
    boost::asio::co_spawn(loop, asked(question), boost::asio::detached);
  }
  Task<void> asked(std::string question) {
    answers.push_back(co_await shared.get(question, [this] { return answer(); }));
  }
  // It takes a turn of the loop.
  Task<int> answer() {
    auto const mine = ++times_asked;
    co_await boost::asio::post(loop, boost::asio::use_awaitable);
    co_return mine;
  }
  void run() {
    loop.run();
    loop.restart();
  }

  boost::asio::io_context loop{1};
  SharedAnswers<int> shared{1h};
  int times_asked = 0;
  std::vector<int> answers;
};

TEST_F(SharedAnswersTest, who_asks_the_same_gets_the_same) {
  ask("a");
  ask("a");
  ask("b");
  run();
  ask("a");
  run();

  EXPECT_EQ(times_asked, 2);
  EXPECT_EQ(answers, (std::vector{1, 2, 1, 1}));
}

TEST_F(SharedAnswersTest, what_was_forgotten_is_asked_anew_and_who_waits_still_gets_its_answer) {
  ask("a");
  ask("a");
  boost::asio::post(loop, [this] { shared.forget(); });
  run();
  ask("a");
  run();

  EXPECT_EQ(times_asked, 2);
  EXPECT_EQ(answers, (std::vector{1, 1, 2}));
}

TEST_F(SharedAnswersTest, an_old_answer_is_none) {
  shared = SharedAnswers<int>{0ms};
  ask("a");
  ask("a");
  run();
  ask("a");
  run();

  EXPECT_EQ(times_asked, 2);
  EXPECT_EQ(answers, (std::vector{1, 1, 2}));
}

}  // namespace
}  // namespace candled
