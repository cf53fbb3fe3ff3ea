// References, watchers, and the report of an exception that nobody fetched.
#include <jackdaw/runtime/base/only_thread.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/run_slot.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <mutex>

namespace jackdaw {

namespace {

// Of a worker's own pool it is known without asking.
bool is_concurrent(const scheduler& scheduler) noexcept {
  const run_slot* const slot = current_context().slot;
  return (slot != nullptr && slot->owner == &scheduler) || scheduler.concurrent();
}

}  // namespace

future_base::future_base(scheduler& scheduler) noexcept
    : scheduler_(&scheduler), single_threaded_(!is_concurrent(scheduler)) {}

future_base::~future_base() {
  // A node may be taken out until it has been told, even now (shield_watch).
  auto left = take_completions();
  while (completion_node* const node = left.pop_front()) {
    node->forget(*node);
  }
  // Or has just been taken out by somebody without a reference, who is still inside: N5.
  lock_.wait_until_left();
  delete rarities_.load(std::memory_order_acquire);  // Q1
}

std::exception_ptr future_base::lasting_cancelled_error() const noexcept {
  try {
    std::rethrow_exception(exception());
  } catch (const cancelled_error& error) {
    return std::make_exception_ptr(cancelled_error(error.message(), true));
  } catch (...) {
    return std::current_exception();
  }
}

bool future_base::add_completion(completion_node& node) noexcept {
  const std::lock_guard guard(lock_);
  const completion_list before(completions_.load(std::memory_order_relaxed));  // The lock's.
  completion_list nodes = before;
  nodes.push_back(node);
  if (is_only_thread()) {
    completions_.store(nodes.last(),
                       std::memory_order_relaxed);  // N1: there is nobody to race with.
  } else {
    completions_.store(nodes.last(), std::memory_order_seq_cst);  // N1
  }
  if ((word_.load(std::memory_order_seq_cst) & is_done) == 0) [[likely]] {  // N2
    return true;
  }
  if (before.last() != nullptr) {
    before.last()->next = node.next;
  }
  completions_.store(before.last(),
                     std::memory_order_relaxed);  // The lock's: an end that saw it waits.
  return false;
}

bool future_base::remove_completion(completion_node& node) noexcept {
  const std::lock_guard guard(lock_);
  bool found = false;
  completion_list nodes(completions_.load(std::memory_order_relaxed));  // The lock's.
  completion_list kept;
  while (completion_node* const other = nodes.pop_front()) {
    if (other == &node) {
      found = true;
    } else {
      kept.push_back(*other);
    }
  }
  completions_.store(kept.last(), std::memory_order_release);  // The lock's, and N5.
  return found;
}

completion_list future_base::take_completions() noexcept {
  // A loop sets the flag without being seen by other threads before it has had the lock.
  if ((!single_threaded_ || is_only_thread()) &&
      completions_.load(std::memory_order_seq_cst) == nullptr) {  // N4
    return completion_list();
  }
  const std::lock_guard guard(lock_);
  const completion_list taken(completions_.load(std::memory_order_relaxed));  // The lock's.
  completions_.store(nullptr, std::memory_order_relaxed);                     // As above.
  return taken;
}

void future_base::tell(completion_list& nodes) noexcept {
  while (completion_node* const node = nodes.pop_front()) {
    node->notify(*node);  // The last access: its owner may free it at once.
  }
}

future_base::rarities& future_base::make_rare(std::unique_ptr<rarities>& made) noexcept {
  if (rare() == nullptr) {
    rarities_.store(made.release(), std::memory_order_release);  // Q1
  }
  return *rare();
}

void future_base::change_message(std::string rarities::* which, std::string_view message) {
  std::string text(message);
  auto first = text.empty() ? nullptr : std::make_unique<rarities>();
  const std::lock_guard guard(lock_);
  if (first != nullptr) {
    static_cast<void>(make_rare(first));
  }
  if (rarities* const here = rare()) {
    (here->*which).swap(text);
  }
}

void future_base::store_message(std::string_view message) {
  change_message(&rarities::due_message, message);
}

void future_base::note_message(std::string_view message) {
  change_message(&rarities::noted_message, message);
}

std::string future_base::copy_message() const {
  const std::lock_guard guard(lock_);
  return rare() != nullptr ? rare()->due_message : std::string();
}

std::string future_base::take_message() noexcept {
  const std::lock_guard guard(lock_);
  return rare() != nullptr ? std::exchange(rare()->due_message, {}) : std::string();
}

std::string future_base::noted_cancel_message() const {
  const std::lock_guard guard(lock_);
  return rare() != nullptr ? rare()->noted_message : std::string();
}

bool future_base::is_unretrieved() const noexcept {
  const rarities* const here = rarities_.load(std::memory_order_acquire);  // Q1
  return here != nullptr && here->is_unretrieved;
}

void future_base::mark_retrieved() noexcept {
  if (rarities_.load(std::memory_order_acquire) == nullptr) {  // Q1
    return;
  }
  std::shared_ptr<const failure_handler> dropped;  // Outside of the lock.
  const std::lock_guard guard(lock_);
  dropped.swap(rare()->unretrieved);
  rare()->is_unretrieved = false;
}

void future_base::expect_retrieval() {
  auto made = std::make_unique<rarities>();
  rarities& here = make_rare(made);
  here.unretrieved = scheduler_->on_failure();
  here.is_unretrieved = true;
}

void future_base::report_if_unretrieved(const char* message, std::string_view name) noexcept {
  if (!is_unretrieved()) {
    return;
  }
  const failure_source source = name.empty() ? failure_source::future : failure_source::task;
  const failure failure{message, std::string(name), exception(), source};
  report_with(rare()->unretrieved.get(), failure);
}

void future_base::add_reference() noexcept {
  // F1: relaxed; who adds a reference has one already.
  fetch_add(references_, 1U, std::memory_order_relaxed);
}

void future_base::drop_reference() noexcept {
  // F4: relaxed, and read before another thread may drop the last reference. Never set outside of a loop;
  // a loop's own thread sees what it wrote.
  const auto of_waits = references_of_waits_.load(std::memory_order_relaxed);
  const scheduler* const home = scheduler_;
  const auto left = release_reference();
  if (left != 0 && left == of_waits && home == current_context().scheduler && !done())
      [[unlikely]] {
    // On another thread it might be gone by now, and its loop too.
    scheduler_->may_be_lost(*this);
  }
}

std::uint32_t future_base::release_reference() noexcept {
  // F5: acquire pairs with F2. Who holds the only reference is alone with it, and nobody can add one.
  if (references_.load(std::memory_order_acquire) == 1) {
    delete this;
    return 0;
  }
  // F2: release, so that the last one, who acquires, sees all that the others did with it.
  const auto left = fetch_add(references_, -1U, std::memory_order_acq_rel) - 1;
  if (left == 0) {
    delete this;
  }
  return left;
}

void future_base::count_reference_of_wait() noexcept {
  const auto before = references_of_waits_.load(std::memory_order_relaxed);  // F4
  references_of_waits_.store(before + 1, std::memory_order_relaxed);         // F4
}

void future_base::discount_reference_of_wait() noexcept {
  const auto before = references_of_waits_.load(std::memory_order_relaxed);  // F4
  references_of_waits_.store(before - 1, std::memory_order_relaxed);         // F4
}

bool future_base::held_by_waits_only(std::uint32_t besides) const noexcept {
  return references_.load(std::memory_order_acquire) ==
         references_of_waits_.load(std::memory_order_relaxed) + besides;  // F3, F4
}

bool future_base::shared() const noexcept {
  // F3: acquire pairs with F2: the sole owner may take the result, whatever the others did with it.
  return references_.load(std::memory_order_acquire) > 1;
}

}  // namespace jackdaw
