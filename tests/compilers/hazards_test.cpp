// tests/compilers/hazards_test.cpp
//
// Goal: pin which coroutine patterns a compiler gets wrong, and that every spelling we recommend
// instead is right. The table these tests hold is in docs/compilers.md, row for row.
// Method: each pattern is a coroutine that makes witnesses and runs in a child (lifetime_probe.hpp).
//
//   SAFE(row, name)    right with every compiler, in every build.
//   HAZARD(row, name)  right with clang. Wrong with g++ 12.2, and that is asserted: when a compiler
//                      changes its mind we want to hear of it. Any other compiler may do either.
//
// Not here, because they do not compile with g++ 12 (internal compiler error): an initializer list
// of non-trivial elements as an argument, and -finstrument-functions at -O2.

#include "lifetime_probe.hpp"
#include "probe_task.hpp"
#include "this_compiler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <coroutine>
#include <csignal>
#include <cstddef>
#include <functional>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace compilers {
namespace {

#define SAFE(row, name)                                                 \
  probe_task<> row##_##name();                                          \
  TEST(row, name) { EXPECT_EQ(observe(row##_##name), verdict::right); } \
  probe_task<> row##_##name()

#define HAZARD(row, name)                          \
  probe_task<> row##_##name();                     \
  TEST(row, name) { expect_hazard(row##_##name); } \
  probe_task<> row##_##name()

void expect_hazard(pattern subject) {
  if constexpr (is_clang) {
    EXPECT_EQ(observe(subject), verdict::right);
  } else if constexpr (is_sanitized) {
    GTEST_SKIP()
        << "g++ with a sanitizer: the pattern may destroy garbage, which would end the child "
           "for a reason that tells nothing about the compiler.";
  } else if constexpr (is_gcc_12_2) {
    EXPECT_NE(observe(subject), verdict::right)
        << "This compiler no longer miscompiles the pattern: correct the table in "
           "docs/compilers.md.";
  } else {
    const verdict seen = observe(subject);
    if (seen != verdict::right) {
      std::cout << "not measured before: this compiler's verdict is \"" << seen << "\"\n";
    }
  }
}

// ---------------------------------------------------------------------------------------------
// The witness itself must be able to tell.

probe_task<> destroys_a_copy_of_bytes() {
  alignas(witness) std::byte bytes[sizeof(witness)];
  const witness original(1);
  std::ranges::copy(std::as_bytes(std::span(&original, 1)), bytes);
  std::destroy_at(reinterpret_cast<witness*>(bytes));
  co_return;
}

probe_task<> forgets_to_destroy() {
  alignas(witness) std::byte bytes[sizeof(witness)];
  std::construct_at(reinterpret_cast<witness*>(bytes), 1);
  co_return;
}

probe_task<> dies() {
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
  co_return;
}

probe_task<> stays_suspended() { co_await std::suspend_always(); }

TEST(witness, tells_what_went_wrong) {
  EXPECT_EQ(observe(stays_suspended), verdict::unfinished);
  EXPECT_EQ(observe(destroys_a_copy_of_bytes), verdict::phantom);
  EXPECT_EQ(observe(forgets_to_destroy), verdict::leaked);
  EXPECT_EQ(observe(dies), verdict::crashed);
}

// ---------------------------------------------------------------------------------------------
// What the patterns await.

struct message {  // An aggregate.
  int id;
  witness body;
};

class letter {  // The same with a constructor.
 public:
  letter(int id, witness body) : id_(id), body_(std::move(body)) {}
  [[nodiscard]] int weight() const { return id_ + body_.value(); }

 private:
  int id_;
  witness body_;
};

message make_message(int id) { return message{id, witness(id)}; }

probe_task<int> number(int value) { co_return value; }
probe_task<witness> make(int value) { co_return witness(value); }
probe_task<int> weigh(witness weighed) { co_return weighed.value(); }

probe_task<int> send(message sent) { co_return sent.body.value(); }
probe_task<int> send_const(const message& sent) { co_return sent.body.value(); }
probe_task<int> send_rvalue(message&& sent) {
  const message mine = std::move(sent);
  co_return mine.body.value();
}
probe_task<int> post(letter posted) { co_return posted.weight(); }

template <class Function>
probe_task<int> spawn(Function body) {
  co_return body();
}
probe_task<int> spawn_erased(std::function<int()> body) { co_return body(); }

// Read through volatile, so that no branch is known to the compiler.
volatile bool yes = true;

// ---------------------------------------------------------------------------------------------
// Row 1. A temporary of aggregate type among the arguments.

HAZARD(aggregate_argument, by_value) { co_await send(message{1, witness(1)}); }
HAZARD(aggregate_argument, by_const_reference) { co_await send_const(message{1, witness(1)}); }
HAZARD(aggregate_argument, by_rvalue_reference) { co_await send_rvalue(message{1, witness(1)}); }
HAZARD(aggregate_argument, in_parentheses) { co_await send(message(1, witness(1))); }
HAZARD(aggregate_argument, designated) { co_await send(message{.id = 1, .body = witness(1)}); }
HAZARD(aggregate_argument, braces_without_a_name) { co_await send({1, witness(1)}); }

SAFE(aggregate_argument, named_first) {
  message sent{1, witness(1)};
  co_await send(std::move(sent));
}
SAFE(aggregate_argument, from_a_factory) {
  co_await send(make_message(1));
  co_await send_const(make_message(1));
  co_await send_rvalue(make_message(1));
}
SAFE(aggregate_argument, type_with_a_constructor) {
  co_await post(letter(1, witness(1)));
  co_await post(letter{1, witness(1)});
}
SAFE(aggregate_argument, call_and_await_split) {
  auto sending = send(message{1, witness(1)});
  co_await std::move(sending);
}
SAFE(aggregate_argument, inside_a_reference_lambda) {
  co_await [&] { return send(message{1, witness(1)}); }();
}

// ---------------------------------------------------------------------------------------------
// Row 2. A closure with a capture that has a destructor: closures are aggregates to g++ 12.

HAZARD(capturing_closure, moved_into) {
  witness owned(1);
  co_await spawn([owned = std::move(owned)] { return owned.value(); });
}
HAZARD(capturing_closure, copied_into) {
  const witness owned(1);
  co_await spawn([owned] { return owned.value(); });
}
HAZARD(capturing_closure, converted_to_function) {
  const witness owned(1);
  co_await spawn_erased([owned] { return owned.value(); });
}

SAFE(capturing_closure, named_first) {
  witness owned(1);
  auto body = [owned = std::move(owned)] { return owned.value(); };
  co_await spawn(std::move(body));
}
SAFE(capturing_closure, inside_a_reference_lambda) {
  witness owned(1);
  co_await [&] { return spawn([owned = std::move(owned)] { return owned.value(); }); }();
}
SAFE(capturing_closure, captures_by_reference) {
  const witness owned(1);
  co_await spawn([&] { return owned.value(); });
}
SAFE(capturing_closure, captures_nothing_with_a_destructor) {
  const int plain = co_await number(1);
  co_await spawn([plain] { return plain; });
}

// ---------------------------------------------------------------------------------------------
// Row 3. An awaiter, or a type with operator co_await, that is an aggregate.

struct aggregate_awaiter {
  int id;
  witness body;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  [[nodiscard]] int await_resume() const { return body.value(); }
};

class awaiter {
 public:
  explicit awaiter(witness body) : body_(std::move(body)) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  [[nodiscard]] int await_resume() const { return body_.value(); }

 private:
  witness body_;
};

struct aggregate_awaitable {
  int id;
  witness body;
  awaiter operator co_await() const { return awaiter(body); }
};

class awaitable {
 public:
  explicit awaitable(witness body) : body_(std::move(body)) {}
  awaiter operator co_await() const { return awaiter(body_); }

 private:
  witness body_;
};

aggregate_awaiter make_aggregate_awaiter() { return aggregate_awaiter{1, witness(1)}; }

HAZARD(aggregate_awaiter, braced_in_place) { (void)co_await aggregate_awaiter{1, witness(1)}; }
HAZARD(aggregate_awaiter, behind_operator_co_await) {
  (void)co_await aggregate_awaitable{1, witness(1)};
}

SAFE(aggregate_awaiter, with_a_constructor) {
  (void)co_await awaiter(witness(1));
  (void)co_await awaitable(witness(1));
}
SAFE(aggregate_awaiter, returned_from_a_function) { (void)co_await make_aggregate_awaiter(); }

// ---------------------------------------------------------------------------------------------
// Row 4. ?: of class type.

HAZARD(conditional, one_side_awaits) {
  const witness chosen = yes ? co_await make(1) : witness(2);
  (void)chosen.value();
}
HAZARD(conditional, as_an_argument) { co_await weigh(yes ? witness(1) : witness(2)); }
HAZARD(conditional, chooses_the_task) { co_await (yes ? number(1) : number(2)); }

SAFE(conditional, if_and_else) {
  witness chosen(2);
  if (yes) {
    chosen = co_await make(1);
  }
  co_await weigh(chosen);
}
SAFE(conditional, of_integers) {
  const int chosen = yes ? co_await number(1) : 2;
  co_await number(yes ? chosen : 3);
}

// ---------------------------------------------------------------------------------------------
// Row 5. co_await among the elements of a braced array or aggregate, or beside one.

struct trio {
  witness first;
  witness second;
  witness third;
};

probe_task<trio> make_trio_in_co_return() {
  co_return trio{witness(1), witness(co_await number(2)), witness(3)};
}
probe_task<trio> make_trio() {
  const int second = co_await number(2);
  co_return trio{witness(1), witness(second), witness(3)};
}

HAZARD(braced_elements, of_an_array) {
  const witness elements[3] = {witness(1), witness(co_await number(2)), witness(3)};
  (void)elements[1].value();
}
HAZARD(braced_elements, of_an_aggregate) {
  const trio elements{witness(1), co_await make(2), witness(3)};
  (void)elements.second.value();
}
HAZARD(braced_elements, of_a_returned_aggregate) {
  const trio elements = co_await make_trio_in_co_return();
  (void)elements.second.value();
}
HAZARD(braced_elements, of_an_aggregate_pushed_back) {
  std::vector<trio> elements;
  elements.push_back(trio{witness(1), witness(co_await number(2)), witness(3)});
  (void)elements.front().second.value();
}
HAZARD(braced_elements, of_an_aggregate_beside_the_await) {
  const auto both = std::make_tuple(co_await number(1), message{2, witness(2)});
  (void)std::get<1>(both).body.value();
}

SAFE(braced_elements, awaited_first) {
  const int second = co_await number(2);
  const witness elements[3] = {witness(1), witness(second), witness(3)};
  std::vector<trio> trios;
  trios.push_back(trio{witness(1), witness(second), witness(3)});
  const auto both = std::make_tuple(second, message{2, witness(2)});
  (void)elements[1].value();
  (void)std::get<1>(both).body.value();
}
SAFE(braced_elements, awaited_before_co_return) {
  const trio elements = co_await make_trio();
  (void)elements.second.value();
}

// ---------------------------------------------------------------------------------------------
// Row 6. A member function of a braced temporary with default member initialisers.

struct options {
  int level = 1;
  witness name = witness(2);
  [[nodiscard]] probe_task<int> apply() const { return number(level + name.value()); }
};

class settings {
 public:
  settings() = default;
  explicit settings(int level) : level_(level) {}
  [[nodiscard]] probe_task<int> apply() const { return number(level_ + name_.value()); }

 private:
  int level_ = 1;
  witness name_ = witness(2);
};

HAZARD(braced_temporary, calls_a_member) { co_await options{}.apply(); }

SAFE(braced_temporary, named_first) {
  const options chosen{};
  co_await chosen.apply();
}
SAFE(braced_temporary, type_with_a_constructor) {
  co_await settings().apply();
  co_await settings(2).apply();
}

// ---------------------------------------------------------------------------------------------
// Row 7. A coroutine without any local variable that awaits in the condition of if, while, do, for
// or switch. The first resume jumps into nowhere, or returns at once (GCC PR 106188, 106713).

probe_task<bool> agree() { co_return true; }
probe_task<> return_if_agreed() {
  if (co_await agree()) {
    co_return;
  }
  co_await number(1);
}

HAZARD(condition_without_locals, of_if) {
  if (co_await agree()) {
    co_await number(1);
  }
}
HAZARD(condition_without_locals, of_while) {
  while (!co_await agree()) {
  }
}
HAZARD(condition_without_locals, of_do) {
  do {
  } while (!co_await agree());
}
HAZARD(condition_without_locals, of_for) {
  for (; !co_await agree();) {
  }
}
HAZARD(condition_without_locals, of_switch) {
  switch (co_await number(1)) {
    default:
      co_return;
  }
}
HAZARD(condition_without_locals, of_if_after_other_statements) {
  co_await number(1);
  if (co_await agree()) {
    co_await number(2);
  }
}
HAZARD(condition_without_locals, of_a_child) { co_await return_if_agreed(); }

SAFE(condition_without_locals, named_first) {
  const bool agreed = co_await agree();
  if (agreed) {
    co_await number(1);
  }
}
SAFE(condition_without_locals, declared_in_the_condition) {
  if (const bool agreed = co_await agree(); agreed) {
    co_await number(1);
  }
}
SAFE(condition_without_locals, any_local_variable_elsewhere) {
  if (co_await agree()) {
    const int inner = 1;
    co_await number(inner);
  }
}
SAFE(condition_without_locals, a_lambda) {
  co_await []() -> probe_task<> {
    if (co_await agree()) {
      co_await number(1);
    }
  }();
}
SAFE(condition_without_locals, await_in_the_branch_only) {
  if (yes) {
    co_await number(1);
  }
}

// ---------------------------------------------------------------------------------------------
// Row 8. An initializer list: the hazard is an internal compiler error, so only the cure is here.

probe_task<int> weigh_all(std::vector<witness> all) { co_return static_cast<int>(all.size()); }

SAFE(initializer_list, named_vector) {
  std::vector<witness> all{witness(1), witness(2)};
  co_await weigh_all(std::move(all));
}

// ---------------------------------------------------------------------------------------------
// Row 9. What needs no care. Code relies on it everywhere, so it is held too.

probe_task<int> when_both(probe_task<int> first, probe_task<int> second) {
  const int left = co_await first;
  co_return left + co_await second;
}
probe_task<int> length(const std::string& text) { co_return static_cast<int>(text.size()); }
probe_task<bool> positive(int value) { co_return value > 0; }
probe_task<std::vector<witness>> make_all() {
  std::vector<witness> all{witness(1), witness(2)};
  co_return all;
}
probe_task<std::pair<witness, int>> make_pair() { co_return std::pair{witness(1), 2}; }
probe_task<int> fail() {
  const witness unwound(1);
  throw std::runtime_error("from the child");
  co_return unwound.value();
}
witness throwing_argument() { throw std::runtime_error("from an argument"); }

class suspend_for_ever {
 public:
  explicit suspend_for_ever(witness held) : held_(std::move(held)) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}

 private:
  witness held_;
};

SAFE(harmless, temporaries_of_classes_with_constructors) {
  co_await weigh(witness(1));
  co_await length(std::string("jack") + "daw");
}
SAFE(harmless, tasks_as_temporaries) { co_await when_both(number(1), weigh(witness(2))); }
SAFE(harmless, loops_and_branches) {
  const witness around(1);
  int left = 3;
  while (co_await positive(left)) {
    const witness inside(left);
    left -= co_await number(1);
  }
  if (co_await positive(1) && !co_await positive(left)) {
    co_await weigh(around);
  }
  for (int i = co_await number(0); i < co_await number(2); ++i) {
    co_await weigh(witness(i));
  }
}
SAFE(harmless, range_for_over_an_awaited_container) {
  for (const witness& each : co_await make_all()) {
    co_await weigh(each);
  }
}
SAFE(harmless, switch_on_an_awaited_value) {
  const witness around(1);
  switch (co_await number(2)) {
    case 2:
      co_await weigh(witness(2));
      break;
    default:
      break;
  }
}
SAFE(harmless, structured_binding) {
  const auto [first, second] = co_await make_pair();
  co_await number(first.value() + second);
}
SAFE(harmless, new_of_an_awaited_value) {
  const std::unique_ptr<witness> owned(new witness(co_await number(1)));
  co_await weigh(*owned);
}
SAFE(harmless, pair_and_emplace) {
  std::vector<std::pair<int, witness>> all;
  all.emplace_back(co_await number(1), witness(2));
  all.push_back(std::pair{co_await number(3), witness(4)});
}
SAFE(harmless, exception_of_a_child) {
  const witness around(1);
  try {
    co_await fail();
  } catch (const std::runtime_error&) {
    (void)around.value();
  }
}
SAFE(harmless, exception_of_an_argument) {
  const witness around(1);
  try {
    co_await when_both(number(1), weigh(throwing_argument()));
  } catch (const std::runtime_error&) {
    (void)around.value();
  }
}
probe_task<> suspend_half_way(witness argument) {
  const witness around(1);
  const witness returned = co_await make(2);
  co_await suspend_for_ever(witness(3));
  (void)argument.value();
}
SAFE(harmless, destroyed_while_suspended) {
  const auto abandoned = suspend_half_way(witness(4));
  abandoned.resume();
  co_return;
}

}  // namespace
}  // namespace compilers
