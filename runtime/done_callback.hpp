// Functions that are called when a future or a task is done.
#pragma once

#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/work.hpp>

#include <atomic>
#include <cstddef>
#include <utility>

namespace jackdaw {

/// One registered function. References: one of the registration (later of the run queue), one per token.
class done_callback : public completion_node, public work, public pooled {
 public:
  done_callback(const done_callback&) = delete;
  done_callback& operator=(const done_callback&) = delete;

  /// Registers it, or queues it if `future` is done: it never runs inside of this call (asyncio: S27).
  void watch() noexcept;
  /// 1 if it was registered and will not be called; 0 if it is queued, or was called. While its future is there.
  [[nodiscard]] std::size_t remove() noexcept;
  /// remove(), but 0 if it is the callback of another future, which may be gone.
  [[nodiscard]] std::size_t remove_from(const future_base& future) noexcept {
    return future_ == &future ? remove() : 0;
  }

  /// For a loop that closes: gives `item` up without calling it, if it is a callback. False if it is not.
  [[nodiscard]] static bool drop_queued(work& item) noexcept;

  void add_reference() noexcept;
  void drop_reference() noexcept;

 protected:
  done_callback(future_base& future, context_slot in) noexcept;
  virtual ~done_callback() = default;
  virtual void call(future_base& future) = 0;

 private:
  static void notified(completion_node& self) noexcept;
  static void forgotten(completion_node& self) noexcept;
  static void run_work(work& self);
  void queue() noexcept;

  future_base* future_;  // Not a reference: the future owns the registration.
  context_slot context_;
  std::atomic<unsigned> references_{1};
};

/// Identifies a callback to remove_done_callback(): functions cannot be compared in C++.
using done_callback_token = counted_reference<done_callback>;

/// Calls `function(Handle)` once `future` is done, in the order of registration, each from the run queue
/// of its scheduler, in a copy of the context in which it was registered, or in the one that is given. What
/// it throws is reported.
template <class Handle, class State, class F>
done_callback_token call_when_done(State& future, F&& function,
                                   context_slot in = context_slot::copy_of_current()) {
  class typed final : public done_callback {
   public:
    typed(State& state, F&& given, context_slot where)
        : done_callback(state, std::move(where)), function_(std::forward<F>(given)) {}

   private:
    void call(future_base& ended) override { function_(Handle(static_cast<State&>(ended))); }
    std::decay_t<F> function_;
  };
  done_callback_token token(*new typed(future, std::forward<F>(function), std::move(in)));
  token->watch();
  return token;
}

}  // namespace jackdaw
