// tests/compilers/optional_test.cpp
//
// Goal: what clang 19 miscompiles where a std::optional is emptied before a suspension (docs/compilers.md) is
// right with every compiler if it is spelled as we recommend. Method: coroutines of the least kind, whose
// promise says whether their end was reached. The hazard itself is not run: its end may be anything.
#include <gtest/gtest.h>

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

namespace compilers {
namespace {

struct object {
  int references = 1;
};
// The compiler must not see that nothing happens here.
[[gnu::noinline]] void change(object& counted, int by) noexcept {
  asm volatile("" ::: "memory");
  counted.references += by;
}

object the_object;

class handle {
 public:
  handle() noexcept : object_(&the_object) { change(*object_, 1); }
  handle(const handle& other) noexcept : object_(other.object_) { change(*object_, 1); }
  handle(handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  handle& operator=(const handle&) = delete;
  handle& operator=(handle&&) = delete;
  ~handle() {
    if (object_ != nullptr) {
      change(*object_, -1);
    }
  }

 private:
  object* object_;
};

[[gnu::noinline]] handle another(const handle& one) { return one; }

struct coroutine {
  struct promise_type {
    bool reached_the_end = false;
    coroutine get_return_object() { return {frame::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() { reached_the_end = true; }
    void unhandled_exception() {}
  };
  using frame = std::coroutine_handle<promise_type>;
  frame own;
};

[[gnu::noinline]] bool reaches_its_end(coroutine started) {
  while (!started.own.done()) {
    started.own.resume();
  }
  const bool reached = started.own.promise().reached_the_end;
  started.own.destroy();
  return reached;
}

coroutine says_co_return() {
  std::optional<handle> held(std::in_place);
  const auto beside = another(*held);
  co_await std::suspend_always();
  held.reset();
  co_await std::suspend_always();
  co_return;
}

coroutine keeps_it_in_a_unique_ptr() {
  auto held = std::make_unique<handle>();
  const auto beside = another(*held);
  co_await std::suspend_always();
  held.reset();
  co_await std::suspend_always();
}

coroutine gives_it_a_scope() {
  std::optional<handle> beside;
  {
    const handle held;
    beside.emplace(another(held));
    co_await std::suspend_always();
  }
  co_await std::suspend_always();
}

TEST(optional_test, with_a_co_return_it_is_right) {
  EXPECT_TRUE(reaches_its_end(says_co_return()));
}
TEST(optional_test, a_unique_ptr_is_right) {
  EXPECT_TRUE(reaches_its_end(keeps_it_in_a_unique_ptr()));
}
TEST(optional_test, a_scope_is_right) { EXPECT_TRUE(reaches_its_end(gives_it_a_scope())); }

}  // namespace
}  // namespace compilers
