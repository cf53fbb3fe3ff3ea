// Who watches whom, and for how long.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/shield.hpp>

#include <mutex>
#include <utility>

namespace jackdaw {

shield_watch::shield_watch(future_base& outer, future_base& inner) noexcept
    : outer_(&outer),
      inner_(&inner),
      inner_node_(*this, &shield_watch::inner_done, &shield_watch::inner_gone,
                  &shield_watch::after_inner),
      outer_node_(*this, &shield_watch::outer_done, &shield_watch::outer_gone,
                  &shield_watch::after_outer) {}

void shield_watch::watch() noexcept {
  outer_->add_reference();  // Of inner's registration.
  if (inner_->add_completion(inner_node_)) {
    static_cast<void>(outer_->add_completion(outer_node_));
  } else {
    copy_result(*inner_);
    outer_->drop_reference();
  }
}

future_base* shield_watch::outer_of(const completion_node& other) noexcept {
  return other.notify == &shield_watch::inner_done ? static_cast<const node&>(other).owner->outer_
                                                   : nullptr;
}

void shield_watch::inner_done(completion_node& self) noexcept {
  shield_watch& shielding = *static_cast<node&>(self).owner;
  {
    const std::lock_guard guard(shielding.link_);
    shielding.ended_ = std::exchange(shielding.inner_, nullptr);
  }
  shielding.ended_->add_reference();
  shielding.ended_->home().run_callback(static_cast<node&>(self));
}

// `inner` was destroyed without an end; so nobody can end us but a cancellation.
void shield_watch::inner_gone(completion_node& self) noexcept {
  shield_watch& shielding = *static_cast<node&>(self).owner;
  {
    const std::lock_guard guard(shielding.link_);
    shielding.inner_ = nullptr;
  }
  shielding.outer_->drop_reference();
}

void shield_watch::after_inner(work& self) {
  shield_watch& shielding = *static_cast<node&>(self).owner;
  future_base* const outer = shielding.outer_;
  const auto inner = future_reference::adopt(*shielding.ended_);
  if (!current_context().destroys_waiters) {  // A loop that closes calls nobody (S17).
    shielding.copy_result(*inner);
  }
  outer->drop_reference();
}

void shield_watch::outer_done(completion_node& self) noexcept {
  shield_watch& shielding = *static_cast<node&>(self).owner;
  shielding.outer_->add_reference();  // Until the callback has run.
  shielding.outer_->home().run_callback(static_cast<node&>(self));
}

void shield_watch::outer_gone(completion_node& /*self*/) noexcept {}

void shield_watch::after_outer(work& self) {
  shield_watch& shielding = *static_cast<node&>(self).owner;
  future_base* const outer = shielding.outer_;
  bool removed = false;
  {
    const std::lock_guard guard(shielding.link_);
    removed =
        shielding.inner_ != nullptr && shielding.inner_->remove_completion(shielding.inner_node_);
  }
  if (removed) {
    outer->drop_reference();  // Of inner's registration.
  }
  outer->drop_reference();
}

}  // namespace jackdaw
