#include "store/budget_name.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace candled {
namespace {

TEST(BudgetName, is_the_address_and_a_fingerprint_of_the_key) {
  // printf x123 | sha256sum
  EXPECT_EQ(budget_name("https://api.massive.com", Secret{"x123"}), "api.massive.com#a166ea7aef8fa517");
  EXPECT_EQ(budget_name("http://127.0.0.1:8080", Secret{"x123"}), "127.0.0.1:8080#a166ea7aef8fa517");
}

TEST(NewHolder, is_a_uuid_and_another_one_each_time) {
  std::regex const uuid{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"};

  EXPECT_TRUE(std::regex_match(new_holder(), uuid)) << new_holder();
  EXPECT_NE(new_holder(), new_holder());
}

}  // namespace
}  // namespace candled
