// Maps that are copied to be changed, and which context is the current one.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <algorithm>
#include <mutex>

namespace jackdaw {
namespace {

// The context of what is no task: of main() before it runs a loop, of a thread of the program.
constinit thread_local context_slot this_thread_slot;

// Never inlined, as current_context(): see there.
[[gnu::noinline]] context_slot& thread_slot() noexcept {
  asm volatile("");
  return this_thread_slot;
}

std::atomic<context_key> keys_given{0};

}  // namespace

shared_by_contexts::~shared_by_contexts() = default;

void shared_by_contexts::add_reference() noexcept {
  // C1: relaxed; who adds a reference has one already.
  references_.fetch_add(1, std::memory_order_relaxed);
}

void shared_by_contexts::drop_reference() noexcept {
  // C2: release and acquire, so that the last owner sees what the others did before they let go.
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete this;
  }
}

context_value_reference context_map::find(context_key key) const noexcept {
  const auto found = std::ranges::lower_bound(entries_, key, {}, &entry::key);
  return found != entries_.end() && found->key == key ? found->value : context_value_reference();
}

context_map::reference context_map::changed(const context_map* base, context_key key,
                                            const context_value_reference& value) {
  auto result = reference::adopt(*new context_map);
  auto& entries = result->entries_;
  if (base != nullptr) {
    entries.reserve(base->entries_.size() + 1);
    entries = base->entries_;
  }
  const auto place = std::ranges::lower_bound(entries, key, {}, &entry::key);
  const bool is_there = place != entries.end() && place->key == key;
  if (is_there && value) {
    place->value = value;
  } else if (is_there) {
    entries.erase(place);
  } else if (value) {
    entries.insert(place, {key, value});
  }
  return entries.empty() ? reference() : result;
}

context_map::reference context_cell::snapshot() const noexcept {
  const std::lock_guard guard(lock_);
  return map_;
}

context_value_reference context_cell::change(context_key key,
                                             const context_value_reference& value) {
  context_slot::any_variable_set.store(true, std::memory_order_relaxed);  // C4
  while (true) {
    const context_map::reference before = snapshot();
    // Outside of the lock, since it allocates; what goes is destroyed outside of it, too.
    context_map::reference after = context_map::changed(before.get(), key, value);
    if (exchange_if_still(before, after)) {
      return before ? before->find(key) : context_value_reference();
    }
  }
}

bool context_cell::exchange_if_still(const context_map::reference& expected,
                                     context_map::reference& map) noexcept {
  const std::lock_guard guard(lock_);
  if (map_ != expected) {
    return false;  // Another task that runs in this context was faster.
  }
  std::swap(map_, map);
  return true;
}

context_slot::context_slot(const context& in) noexcept
    : word_(reinterpret_cast<std::uintptr_t>(in.cell_.get()) | is_cell) {
  in.cell_->add_reference();
}

context_slot context_slot::copy_of_what_runs() noexcept { return current_context_slot().copy(); }

context_slot context_slot::copy_of_values() const noexcept {
  context_slot copy;
  if (const context_map::reference map = snapshot()) {
    map->add_reference();
    copy.word_ = reinterpret_cast<std::uintptr_t>(map.get());
  }
  return copy;
}

context_map::reference context_slot::snapshot() const noexcept {
  if (word_ == 0) {
    return {};
  }
  if ((word_ & is_cell) == 0) {
    return context_map::reference(*reinterpret_cast<context_map*>(word_));
  }
  return reinterpret_cast<const context_cell*>(word_ & ~is_cell)->snapshot();
}

context_cell& context_slot::cell() {
  if ((word_ & is_cell) == 0) {
    auto* const made = new context_cell(snapshot());
    release();
    word_ = reinterpret_cast<std::uintptr_t>(made) | is_cell;
  }
  return *reinterpret_cast<context_cell*>(word_ & ~is_cell);
}

bool context_slot::is(const context_cell& cell) const noexcept {
  return word_ == (reinterpret_cast<std::uintptr_t>(&cell) | is_cell);
}

void context_slot::release() noexcept {
  const std::uintptr_t held = std::exchange(word_, 0);
  if ((held & is_cell) != 0) {
    reinterpret_cast<context_cell*>(held & ~is_cell)->drop_reference();
  } else if (held != 0) {
    reinterpret_cast<context_map*>(held)->drop_reference();
  }
}

context::context() : cell_(context_cell_reference::adopt(*new context_cell({}))) {}

context context::copy() const {
  context result;
  result.cell_ = context_cell_reference::adopt(*new context_cell(cell_->snapshot()));
  return result;
}

std::size_t context::size() const noexcept {
  const context_map::reference map = cell_->snapshot();
  return map ? map->size() : 0;
}

context_value_reference context::find(context_key key) const noexcept {
  const context_map::reference map = cell_->snapshot();
  return map ? map->find(key) : context_value_reference();
}

void context::require_not_entered() const {
  const execution_context& here = current_context();
  bool entered = here.task != nullptr && here.task->context_of_steps().is(*cell_);
  for (const context_scope* scope = here.scope; scope != nullptr; scope = scope->outer()) {
    entered = entered || scope->slot().is(*cell_);
  }
  if (entered) {
    throw std::runtime_error("cannot enter a context in which the caller runs already");
  }
}

void context::throw_not_set(std::string_view name) {
  throw lookup_error("context variable '" + std::string(name) + "' is not set");
}

context copy_context() {
  auto* const cell = new context_cell(current_context_slot().snapshot());
  return context(*context_cell_reference::adopt(*cell));
}

context_slot& current_context_slot() noexcept {
  const execution_context& here = current_context();
  if (here.scope != nullptr && here.scope->entered_by() == here.task) {
    return here.scope->slot();
  }
  return here.task != nullptr ? here.task->context_of_steps() : thread_slot();
}

context_key next_context_key() noexcept {
  // C3: relaxed; a key only has to be unique.
  return keys_given.fetch_add(1, std::memory_order_relaxed) + 1;
}

context_value_reference find_in_current_context(context_key key) noexcept {
  const context_map::reference map = current_context_slot().snapshot();
  return map ? map->find(key) : context_value_reference();
}

}  // namespace jackdaw
