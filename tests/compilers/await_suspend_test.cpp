// tests/compilers/await_suspend_test.cpp
//
// Goal: after await_suspend has given the coroutine away, nothing of await_suspend itself lives in
// the coroutine's frame, which somebody else may resume and free at any moment. A compiler that
// inlines await_suspend into the coroutine may put its locals there (LLVM issues 56301, 65018, 65054).
// Method: await_suspend lets the address of a local escape and we look whether it lies in the frame;
// then it destroys the frame and goes on using the local, which AddressSanitizer would report.

#include "probe_task.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace compilers {
namespace {

constexpr std::size_t frame_bytes = 4'096;  // No frame in this file is as large.

[[gnu::noinline]] bool lies_in_frame(std::coroutine_handle<> frame, const int* local) {
  const auto begin = reinterpret_cast<std::uintptr_t>(frame.address());
  const auto where = reinterpret_cast<std::uintptr_t>(local);
  return where >= begin && where < begin + frame_bytes;
}

[[gnu::noinline]] void write(int* local) { *local += 1; }

class looks_where_its_locals_are {
 public:
  explicit looks_where_its_locals_are(bool& in_frame) : in_frame_(&in_frame) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> frame) const noexcept {
    int local = 1;
    write(&local);
    *in_frame_ = lies_in_frame(frame, &local);
  }
  void await_resume() const noexcept {}

 private:
  bool* in_frame_;
};

class destroys_its_frame {
 public:
  explicit destroys_its_frame(int& written) : written_(&written) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  // This object lives in the frame too, so what is needed afterwards is copied first.
  void await_suspend(std::coroutine_handle<> frame) const noexcept {
    int* const written = written_;
    int local = 1;
    write(&local);
    frame.destroy();
    write(&local);
    *written = local;
  }
  void await_resume() const noexcept {}

 private:
  int* written_;
};

/// Runs by itself and belongs to nobody: whoever holds the handle destroys it.
struct detached {
  struct promise_type {
    [[nodiscard]] detached get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}
  };
};

// Not inlined: a compiler that sees both ends of its life may put the frame on the stack, where it is
// as near to the local as the frame is large (clang-19 -O1 with ThreadSanitizer does).
[[gnu::noinline]] probe_task<> await_looking(bool& in_frame) {
  co_await looks_where_its_locals_are(in_frame);
}

detached await_destroying(int& written) { co_await destroys_its_frame(written); }

TEST(await_suspend, keeps_its_locals_out_of_the_frame) {
  bool in_frame = true;
  const auto looking = await_looking(in_frame);
  looking.resume();
  EXPECT_FALSE(in_frame);
}

TEST(await_suspend, may_go_on_after_the_frame_was_destroyed) {
  int written = 0;
  await_destroying(written);
  EXPECT_EQ(written, 3);
}

}  // namespace
}  // namespace compilers
