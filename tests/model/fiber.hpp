// A stack that can be left and entered again: the threads of a model take turns on one real thread.
//
// A fiber may be abandoned in the middle and started anew: nothing on its stack is destroyed then, so
// what runs on it must not own memory at the points where it can be left.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <memory>

namespace jackdaw::model {

class fiber {
 public:
  using entry = void (*)();

  /// The next switch to this fiber enters `begin`, which must never return.
  void start(entry begin);

  /// Leaves `from`, which runs, and goes on with `to`.
  static void change(fiber& from, fiber& to) noexcept;

 private:
  static constexpr std::size_t stack_bytes = std::size_t{64} * 1024;

  ucontext_t context_{};
  std::unique_ptr<std::byte[]> stack_;
};

}  // namespace jackdaw::model
