// shield(): awaiting something without passing a cancellation on to it.
#pragma once

#include <jackdaw/runtime/ensure_future.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/work.hpp>

#include <type_traits>
#include <utility>

namespace jackdaw {

/// The future that shield() returns: it gets the result of `inner` one hop after `inner` ended.
///
/// `inner` keeps us alive as long as it may end, and we do not keep `inner`: a future that nobody else
/// holds cannot end. If we are cancelled, a turn later we stop watching: only then is an exception of
/// `inner` nobody's, and reported (asyncio: S103).
///
/// `inner_` is cleared, under `link_`, by the last thing that `inner` says to us; so whoever holds the
/// lock and finds it may use it.
class shield_watch {
 public:
  shield_watch(const shield_watch&) = delete;
  shield_watch& operator=(const shield_watch&) = delete;

  /// The outer future, if `node` watches an inner one; else null. For call graphs.
  [[nodiscard]] static future_base* outer_of(const completion_node& node) noexcept;

 protected:
  shield_watch(future_base& outer, future_base& inner) noexcept;
  ~shield_watch() = default;

  void watch() noexcept;
  /// `inner` is done, and the outer future may be too.
  virtual void copy_result(future_base& inner) noexcept = 0;
  /// `inner` was done when it was shielded.
  [[nodiscard]] bool was_done_before() const noexcept { return ended_ == nullptr; }

 private:
  struct node : completion_node, work {
    node(shield_watch& shielding, notify_function notified, notify_function forgotten,
         run_function ended) noexcept
        : completion_node(notified, forgotten), work(ended), owner(&shielding) {}
    shield_watch* owner;
  };

  static void inner_done(completion_node& self) noexcept;
  static void inner_gone(completion_node& self) noexcept;
  static void after_inner(work& self);
  static void outer_done(completion_node& self) noexcept;
  static void outer_gone(completion_node& self) noexcept;
  static void after_outer(work& self);

  future_base* outer_;
  spin_lock link_;
  future_base* inner_;            // Under link_.
  future_base* ended_ = nullptr;  // A reference, from inner_done() to after_inner().
  node inner_node_;
  node outer_node_;
};

template <class T, class Inner>
class shield_state final : public future_state<T>, private shield_watch {
 public:
  shield_state(scheduler& home, Inner& inner) : future_state<T>(home), shield_watch(*this, inner) {
    watch();
  }
  [[nodiscard]] bool ends_through_handles_only() const noexcept override { return false; }

 private:
  void copy_result(future_base& inner) noexcept override {
    auto& ended = static_cast<Inner&>(inner);
    if (this->done()) {
      if (!ended.cancelled()) {
        ended.mark_retrieved();
      }
    } else if (ended.cancelled()) {
      // asyncio: shield() of what is done is that itself, with its message; else the outer future is
      // cancelled as from outside, without one.
      if (was_done_before()) {
        static_cast<void>(this->set_cancelled(ended.next_cancelled_error()));
      } else {
        this->request_cancel();
      }
    } else if (ended.exception() != nullptr) {
      ended.mark_retrieved();
      static_cast<void>(this->set_exception(ended.exception()));
    } else {
      set_value_of(ended);
    }
  }

  void set_value_of(Inner& ended) noexcept {
    try {
      if constexpr (std::is_void_v<T>) {
        static_cast<void>(this->set_value());
      } else if constexpr (std::is_reference_v<T>) {
        static_cast<void>(this->set_value(ended.look().value()));
      } else if constexpr (std::is_copy_constructible_v<T>) {
        static_cast<void>(this->set_value(std::as_const(ended.look()).value()));
      } else {
        static_cast<void>(this->set_value(std::move(ended.look().value())));
      }
    } catch (...) {
      static_cast<void>(this->set_exception(std::current_exception()));
    }
  }
};

/// Awaits `awaited` without passing a cancellation on to it: a cancelled waiter leaves, it goes on.
///
/// Returns a future of its own. Its value is a copy (moved, if it cannot be copied); `awaited` keeps its
/// own. A coroutine becomes a task; keep a handle if you want to await it after the waiter has left.
///
/// Errors        What `awaited` ends with. An exception that comes after the waiter left is reported.
/// Cost          One hop of the run queue more than awaiting `awaited` itself, unless it is done.
/// Source        asyncio.shield.
template <future_like A>
future<ensured_value<A>> shield(A awaited) {
  const ensured<A> inner = ensure_future(std::move(awaited));
  using inner_state = std::remove_reference_t<decltype(inner.state())>;
  auto* const state =
      new shield_state<ensured_value<A>, inner_state>(inner.state().home(), inner.state());
  future<ensured_value<A>> handle(*state);
  state->drop_reference();  // The handle has one.
  return handle;
}

}  // namespace jackdaw
