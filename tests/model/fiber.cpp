// Fibers by ucontext: portable, and fast enough, since a turn is several steps long.
#include "fiber.hpp"

namespace jackdaw::model {

void fiber::start(entry begin) {
  if (stack_ == nullptr) {
    stack_ = std::make_unique<std::byte[]>(stack_bytes);
  }
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_.get();
  context_.uc_stack.ss_size = stack_bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, begin, 0);
}

void fiber::change(fiber& from, fiber& to) noexcept { swapcontext(&from.context_, &to.context_); }

}  // namespace jackdaw::model
