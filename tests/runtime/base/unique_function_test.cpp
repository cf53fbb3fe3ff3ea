// tests/runtime/base/unique_function_test.cpp
//
// Goal: small callables live inside, large ones on the heap, and each is destroyed exactly once, when
// it should be. Method: callables that count their lives.
#include <jackdaw/runtime/base/unique_function.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace jackdaw {
namespace {

static_assert(!std::is_copy_constructible_v<unique_function>);
static_assert(!std::is_move_constructible_v<unique_function>);
static_assert(!std::is_convertible_v<void (*)(), unique_function>);

/// Counts its calls, and how many of its kind are alive.
template <std::size_t Bytes, std::size_t Alignment = alignof(std::max_align_t)>
class counting {
 public:
  counting(int& alive, int& calls) : alive_(&alive), calls_(&calls) { ++*alive_; }
  counting(const counting& other) : alive_(other.alive_), calls_(other.calls_) { ++*alive_; }
  counting(counting&& other) noexcept : alive_(other.alive_), calls_(other.calls_) { ++*alive_; }
  counting& operator=(const counting&) = delete;
  ~counting() { --*alive_; }

  void operator()() {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(this) % alignof(counting), 0U);
    padding_[0] = std::byte{1};
    ++*calls_;
  }

 private:
  int* alive_;
  int* calls_;
  alignas(Alignment) std::array<std::byte, Bytes> padding_{};
};

template <class Callable>
class unique_function_test : public ::testing::Test {};

using callables = ::testing::Types<counting<1, 1>, counting<32>, counting<48>, counting<1000>,
                                   counting<64, 64>, counting<1, 128>>;
TYPED_TEST_SUITE(unique_function_test, callables);

TYPED_TEST(unique_function_test, it_calls_what_it_holds_and_destroys_it_at_the_end) {
  int alive = 0;
  int calls = 0;
  {
    unique_function function(TypeParam(alive, calls));
    EXPECT_TRUE(function);
    EXPECT_EQ(alive, 1);
    function();
    function();
    EXPECT_EQ(calls, 2);
  }
  EXPECT_EQ(alive, 0);
}

TYPED_TEST(unique_function_test, reset_destroys_it_now_and_only_once) {
  int alive = 0;
  int calls = 0;
  unique_function function(TypeParam(alive, calls));
  function.reset();
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(function);
  function.reset();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(calls, 0);
}

TYPED_TEST(unique_function_test, an_lvalue_is_copied) {
  int alive = 0;
  int calls = 0;
  TypeParam original(alive, calls);
  unique_function function(original);
  EXPECT_EQ(alive, 2);
  function();
  function.reset();
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(calls, 1);
}

TEST(unique_function, a_default_one_holds_nothing) {
  unique_function function;
  EXPECT_FALSE(function);
  function.reset();
  EXPECT_FALSE(function);
}

TEST(unique_function, it_takes_callables_that_can_only_be_moved) {
  int result = 0;
  unique_function function([owned = std::make_unique<int>(7), &result] { result = *owned; });
  function();
  EXPECT_EQ(result, 7);
}

TEST(unique_function, it_takes_plain_functions) {
  static int calls = 0;
  calls = 0;
  unique_function function(+[] { ++calls; });
  function();
  EXPECT_EQ(calls, 1);
}

TEST(unique_function, up_to_48_bytes_live_inside_of_it) {
  const auto inside = [](const unique_function& function, const void* address) {
    const auto begin = reinterpret_cast<std::uintptr_t>(&function);
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    return at >= begin && at < begin + sizeof(function);
  };
  struct locate {
    void operator()() { *where = this; }
    const void** where;
    std::array<std::byte, 40> padding;
  };
  struct locate_larger : locate {
    std::byte one_more{};
  };
  static_assert(sizeof(locate) == 48 && sizeof(locate_larger) > 48);
  const void* where = nullptr;
  unique_function small(locate{&where, {}});
  small();
  EXPECT_TRUE(inside(small, where));
  unique_function large(locate_larger{{&where, {}}});
  large();
  EXPECT_FALSE(inside(large, where));
}

TEST(unique_function, what_the_callable_throws_passes_through_and_it_stays_callable) {
  int calls = 0;
  unique_function function([&calls] {
    if (++calls == 1) {
      throw std::runtime_error("first");
    }
  });
  EXPECT_THROW(function(), std::runtime_error);
  function();
  EXPECT_EQ(calls, 2);
}

TEST(unique_function, a_callable_that_cannot_be_copied_into_it_leaves_nothing_behind) {
  struct refuses {
    refuses() = default;
    refuses(const refuses&) { throw std::runtime_error("copy"); }
    refuses& operator=(const refuses&) = delete;
    void operator()() {}
  };
  const refuses original;
  EXPECT_THROW(unique_function{original}, std::runtime_error);
}

}  // namespace
}  // namespace jackdaw
