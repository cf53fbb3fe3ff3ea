// Scheduling of the threads of one execution, and the memory they share.
#include "execution.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace jackdaw::model {
namespace {

execution* running_execution = nullptr;

constexpr bool acquires(std::memory_order order) noexcept {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}
constexpr bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

// The finaliser of splitmix64: every bit of the result depends on every bit of `value`.
constexpr std::uint64_t mixed(std::uint64_t value) noexcept {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9;
  value ^= value >> 27;
  value *= 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::string at(const std::source_location& where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

}  // namespace

execution& execution::current() noexcept { return *running_execution; }

void execution::restart() {
  running_execution = this;
  path_.restart();
  for (model_thread& thread : threads_) {
    thread.knows = {};
    thread.causes = {};
    thread.waits_for = {};
    thread.steps = 0;
    thread.spun_on = locations_max;
    thread.ended = false;
  }
  threads_[0].name = "program";
  threads_[0].knows.clock[0] = 1;
  thread_count_ = 1;
  running_ = 0;
  joining_ = false;
  abandoned_ = false;
  preemptions_ = 0;
  spurious_failures_ = 0;
  location_count_ = 0;
  state_ = 0;
  steps_.clear();
  failure_.clear();
}

// -- Threads -----------------------------------------------------------------------------------------

void execution::thread(std::string name, std::function<void()> body) {
  if (thread_count_ == threads_max) {
    std::abort();
  }
  threads_[thread_count_].name = std::move(name);
  threads_[thread_count_].body = std::move(body);
  ++thread_count_;
}

void execution::run_thread() {
  execution& run = current();
  run.self().body();
  run.self().ended = true;
  run.note({.kind = step_kind::end, .where = place::current()}, 0, 0);
  run.take_turn();
}

void execution::join() {
  for (unsigned index = 1; index < thread_count_; ++index) {
    threads_[index].knows = threads_[0].knows;
    threads_[index].knows.clock[index] = 1;
    threads_[index].stack.start(&run_thread);
  }
  ++threads_[0].knows.clock[0];
  joining_ = true;
  take_turn();
  joining_ = false;
  if (abandoned_) {
    throw abandoned();
  }
  for (unsigned index = 1; index < thread_count_; ++index) {
    threads_[0].knows.join(threads_[index].knows);
  }
}

bool execution::holds(const condition& wanted) const noexcept {
  const location& subject = locations_[wanted.location];
  switch (wanted.wanted) {
    case condition::kind::none:
      return true;
    case condition::kind::is_zero:
      return subject.value() == 0;
    case condition::kind::is_not_zero:
      return subject.value() != 0;
    case condition::kind::has_newer:
      return subject.last() > wanted.index;
  }
  return true;
}

bool execution::can_go_on(unsigned thread) const noexcept {
  return thread != 0 && !threads_[thread].ended && holds(threads_[thread].waits_for);
}

// Who goes on; 0 if all have ended. The running thread comes first, so that the first path is the one
// without preemptions.
unsigned execution::choose_thread() noexcept {
  std::array<unsigned, threads_max> able{};
  unsigned count = 0;
  const bool self_able = can_go_on(running_);
  if (self_able) {
    able[count++] = running_;
  }
  bool all_ended = true;
  bool all_may_end = true;
  for (unsigned index = 1; index < thread_count_; ++index) {
    all_ended = all_ended && threads_[index].ended;
    all_may_end =
        all_may_end && (threads_[index].ended || threads_[index].waits_for.may_be_the_end);
    if (index != running_ && can_go_on(index)) {
      able[count++] = index;
    }
  }
  if (all_ended) {
    return 0;
  }
  if (count == 0 && all_may_end) {
    return 0;
  }
  if (count == 0) {
    std::string who;
    for (unsigned index = 1; index < thread_count_; ++index) {
      who += threads_[index].ended ? "" : (who.empty() ? "" : ", ") + threads_[index].name;
    }
    fail("deadlock: nobody will ever wake " + who);
  }
  if (self_able && preemptions_ == bounds_.preemptions) {
    count = 1;
  }
  leave_state_seen_before(self_able);
  const unsigned chosen = able[path_.choose(count)];
  if (self_able && chosen != running_) {
    ++preemptions_;
  }
  return chosen;
}

void execution::leave_state_seen_before(bool self_can_go_on) noexcept {
  if (!path_.is_new()) {
    return;
  }
  const std::uint64_t key = mixed(state_ + (self_can_go_on ? running_ : threads_max));
  const auto spent = static_cast<std::uint8_t>(preemptions_);
  const auto [found, is_new] = seen_.try_emplace(key, spent);
  if (is_new) {
    return;
  }
  if (found->second <= spent) {
    abandon();
  }
  found->second = spent;
}

// Before each step of a thread: others may come first.
void execution::take_turn(condition wanted) noexcept {
  if (!joining_) {
    return;  // The program is alone.
  }
  const unsigned before = running_;
  self().waits_for = wanted;
  const unsigned next = choose_thread();
  if (next != before) {
    running_ = next;
    fiber::change(threads_[before].stack, threads_[next].stack);
  }
  self().waits_for = {};
}

// -- Failures ----------------------------------------------------------------------------------------

// The threads' stacks stay as they are; the program goes on in join(), or here if it is the program.
void execution::abandon() noexcept {
  abandoned_ = true;
  if (running_ != 0) {
    const unsigned before = running_;
    running_ = 0;
    fiber::change(threads_[before].stack, threads_[0].stack);
  }
}

void execution::fail(std::string reason) noexcept {
  if (failure_.empty()) {
    failure_ = std::move(reason);
  }
  abandon();
}

void execution::check(bool holds, const char* text, place where) {
  if (!holds) {
    fail(std::string(text) + " (" + at(where) + ")");
  }
}

// -- Memory ------------------------------------------------------------------------------------------

void execution::note(step done, std::size_t read_index, std::size_t write_index) noexcept {
  done.thread = static_cast<std::uint8_t>(running_);
  std::uint64_t word = static_cast<std::uint64_t>(done.kind) << 60 | std::uint64_t{running_} << 56 |
                       std::uint64_t{self().steps++} << 40 | std::uint64_t{done.location} << 32 |
                       std::uint64_t{read_index} << 16 | std::uint64_t{write_index} << 1 |
                       std::uint64_t{done.spurious};
  state_ += mixed(word + 0x9e3779b97f4a7c15);
  steps_.push_back(done);
  ++self().knows.clock[running_];
}

unsigned execution::add_location(std::uint64_t value, bool forbids_load_buffering) {
  if (location_count_ == locations_max || joining_) {
    std::abort();  // A model makes its objects before its threads run.
  }
  locations_[location_count_].begin(value, threads_[0].knows);
  locations_[location_count_].forbids_load_buffering = forbids_load_buffering;
  return location_count_++;
}

location& execution::accessed(unsigned index, place where) noexcept {
  location& subject = locations_[index];
  if (!subject.alive) {
    fail("an atomic is used after its end (" + at(where) + ")");
  }
  subject.accessed[running_] = self().knows.clock[running_];
  return subject;
}

std::size_t execution::floor_of(unsigned index, std::memory_order order) noexcept {
  std::size_t floor = self().knows.floor[index];
  if (order == std::memory_order_seq_cst) {
    floor = std::max(floor, locations_[index].seq_cst_floor);
  }
  if (self().spun_on == index) {
    floor = std::max(floor, self().spun_at + 1);
    self().spun_on = locations_max;
  }
  return std::min(floor, locations_[index].last());
}

void execution::read_store(unsigned index, std::size_t store, std::memory_order order) noexcept {
  location& subject = locations_[index];
  self().knows.raise(index, store);
  model::join(self().causes, subject.stores[store].causes);
  if (acquires(order)) {
    self().knows.join(subject.stores[store].published);
  }
  if (order == std::memory_order_seq_cst) {
    subject.seq_cst_floor = std::max(subject.seq_cst_floor, store);
  }
  self().last_location = index;
  self().last_index = store;
}

void execution::add_store(unsigned index, std::uint64_t value, std::memory_order order,
                          const view* continued) noexcept {
  location& subject = locations_[index];
  if (subject.forbids_load_buffering) {
    check_load_buffering(subject, order);
  }
  subject.loaded[running_] = 0;
  const std::size_t number = subject.stores.size();
  if (number > 250) {
    std::abort();  // Floors are bytes; a model this long is not small.
  }
  self().knows.raise(index, number);
  view published;
  if (releases(order)) {
    published = self().knows;
  } else {
    published.raise(index, number);
  }
  if (continued != nullptr) {
    published.join(*continued);
  }
  clock_array& causes = self().causes;
  causes[running_] = self().knows.clock[running_];
  subject.stores.push_back({value, published, causes});
  if (order == std::memory_order_seq_cst) {
    subject.seq_cst_floor = number;
  }
}

void execution::check_load_buffering(const location& subject, std::memory_order stored) noexcept {
  for (unsigned index = 1; index < thread_count_; ++index) {
    const std::uint16_t time = subject.loaded[index];
    if (releases(stored) && subject.load_acquired[index]) {
      continue;
    }
    if (index != running_ && time != 0 && self().causes[index] >= time &&
        self().knows.clock[index] < time) {
      fail("load buffering: " + threads_[index].name + " may read what " + self().name +
           " stores because of it");
    }
  }
}

std::uint64_t execution::load(unsigned index, std::memory_order order, place where) noexcept {
  take_turn();
  location& subject = accessed(index, where);
  subject.loaded[running_] = self().knows.clock[running_];
  subject.load_acquired[running_] = acquires(order);
  const std::size_t floor = floor_of(index, order);
  const std::size_t last = subject.last();
  const std::size_t store = last - path_.choose(static_cast<unsigned>(last - floor + 1));
  read_store(index, store, order);
  const std::uint64_t value = subject.stores[store].value;
  note({.kind = step_kind::load,
        .location = static_cast<std::uint8_t>(index),
        .order = order,
        .read = value,
        .newer = static_cast<std::uint32_t>(last - store),
        .where = where},
       store, 0);
  return value;
}

void execution::store(unsigned index, std::uint64_t value, std::memory_order order,
                      place where) noexcept {
  take_turn();
  const location& subject = accessed(index, where);
  add_store(index, value, order, nullptr);
  note({.kind = step_kind::store,
        .location = static_cast<std::uint8_t>(index),
        .order = order,
        .written = value,
        .where = where},
       0, subject.last());
}

std::uint64_t execution::modify(unsigned index, std::memory_order order, place where,
                                const std::function<std::uint64_t(std::uint64_t)>& change,
                                condition when) noexcept {
  take_turn(when);
  const location& subject = accessed(index, where);
  const std::size_t last = subject.last();
  const std::uint64_t before = subject.value();
  read_store(index, last, order);
  const view continued = subject.stores[last].published;
  add_store(index, change(before), order, &continued);
  note({.kind = step_kind::exchange,
        .location = static_cast<std::uint8_t>(index),
        .order = order,
        .read = before,
        .written = subject.value(),
        .where = where},
       last, subject.last());
  return before;
}

// The alternatives: to succeed, to fail and read any store whose value differs, to fail without reason.
bool execution::compare_exchange(unsigned index, std::uint64_t& expected, std::uint64_t desired,
                                 exchange_orders orders, place where) noexcept {
  take_turn();
  const location& subject = accessed(index, where);
  const std::size_t last = subject.last();
  const bool may_succeed = subject.value() == expected;
  const bool may_fail_spuriously =
      may_succeed && orders.weak && spurious_failures_ < bounds_.spurious_failures;
  std::array<std::size_t, 256> different{};
  unsigned count = 0;
  const std::size_t floor = floor_of(index, orders.failure);
  for (std::size_t store = last + 1; store-- > floor;) {
    if (subject.stores[store].value != expected) {
      different[count++] = store;
    }
  }
  const unsigned before_failures = may_succeed ? 1 : 0;
  const unsigned chosen = path_.choose(before_failures + count + (may_fail_spuriously ? 1 : 0));
  if (may_succeed && chosen == 0) {
    read_store(index, last, orders.success);
    const view continued = subject.stores[last].published;
    add_store(index, desired, orders.success, &continued);
    note({.kind = step_kind::exchange,
          .location = static_cast<std::uint8_t>(index),
          .order = orders.success,
          .read = expected,
          .written = desired,
          .where = where},
         last, subject.last());
    return true;
  }
  const bool spurious = chosen - before_failures == count;
  const std::size_t store = spurious ? last : different[chosen - before_failures];
  spurious_failures_ += spurious ? 1 : 0;
  read_store(index, store, orders.failure);
  expected = subject.stores[store].value;
  note({.kind = step_kind::failed_exchange,
        .location = static_cast<std::uint8_t>(index),
        .order = orders.failure,
        .spurious = spurious,
        .read = expected,
        .newer = static_cast<std::uint32_t>(last - store),
        .where = where},
       store, 0);
  return false;
}

void execution::spin(place where) noexcept {
  const unsigned index = self().last_location;
  take_turn({condition::kind::has_newer, index, self().last_index});
  self().spun_on = index;
  self().spun_at = self().last_index;
  note({.kind = step_kind::spin, .location = static_cast<std::uint8_t>(index), .where = where}, 0,
       0);
}

// -- The end of objects, and plain cells -------------------------------------------------------------

void execution::check_order(const clock_array& others, const char* text, place where) noexcept {
  for (unsigned index = 0; index < thread_count_; ++index) {
    if (index != running_ && others[index] > self().knows.clock[index]) {
      fail(std::string(text) + " by " + self().name + " and " + threads_[index].name + " (" +
           at(where) + ")");
    }
  }
}

void execution::end_location(unsigned index, place where) noexcept {
  if (running_ == 0) {
    return;  // The program clears up.
  }
  take_turn();
  location& subject = accessed(index, where);
  check_order(subject.accessed, "an atomic is destroyed and used at the same time", where);
  subject.alive = false;
  note({.kind = step_kind::end_of_object,
        .location = static_cast<std::uint8_t>(index),
        .where = where},
       0, 0);
}

void execution::read_plain(plain_cell& cell, place where) noexcept {
  if (!cell.alive) {
    fail("a plain cell is read after its end (" + at(where) + ")");
  }
  check_order(cell.written, "a race: read and written", where);
  cell.read[running_] = self().knows.clock[running_];
}

void execution::write_plain(plain_cell& cell, place where) noexcept {
  if (!cell.alive) {
    fail("a plain cell is written after its end (" + at(where) + ")");
  }
  check_order(cell.written, "a race: written twice", where);
  check_order(cell.read, "a race: written and read", where);
  cell.written[running_] = self().knows.clock[running_];
}

void execution::end_plain(plain_cell& cell, place where) noexcept {
  write_plain(cell, where);
  cell.alive = false;
}

}  // namespace jackdaw::model
