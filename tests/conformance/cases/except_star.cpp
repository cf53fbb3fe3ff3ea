// S113: exception groups, and what handlers leave of them.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

template <class E>
std::exception_ptr error(const char* text) {
  return std::make_exception_ptr(E(text));
}

std::exception_ptr group(const char* message, std::vector<std::exception_ptr> errors) {
  return make_exception_group(message, std::move(errors));
}

std::exception_ptr whole() {
  return group("a",
               {error<value_error>("1"), group("b", {error<key_error>("2"), error<value_error>("3"),
                                                     error<std::runtime_error>("4")})});
}

using handler = void (*)(const exception_group&);
void again(const exception_group& /*unused*/) { throw; }
void fresh(const exception_group& /*unused*/) { throw zero_division_error("new"); }
void ok(const exception_group& /*unused*/) { log("handled", repr(std::current_exception())); }

void attempt(std::exception_ptr raised, handler values, handler keys) {
  log("raise", repr(raised));
  try {
    try {
      std::rethrow_exception(std::move(raised));
    } catch (...) {
      except_star().on<value_error>(values).on<key_error>(keys).raise_rest();
    }
    log("nothing left");
  } catch (...) {
    log("left", repr(std::current_exception()));
  }
}

void attempts() {
  for (const handler values : {ok, fresh, again}) {
    attempt(error<value_error>("1"), values, ok);
    attempt(error<std::runtime_error>("1"), values, ok);
    attempt(group("all", {error<value_error>("1")}), values, ok);
    attempt(group("x", {error<key_error>("1"), error<value_error>("2")}), values, ok);
    for (const handler keys : {ok, fresh, again}) {
      attempt(whole(), values, keys);
    }
  }
  attempt(group("base", {error<value_error>("1"), error<system_exit>("2")}), ok, ok);
  attempt(group("base", {error<value_error>("1"), group("in", {error<key_error>("2")}),
                         error<system_exit>("3")}),
          fresh, ok);
}

template <class E>
void split_both(const char* name) {
  const std::exception_ptr mixed =
      group("base", {error<system_exit>("1"), group("in", {error<value_error>("2")})});
  for (const std::exception_ptr& each : {whole(), mixed}) {
    const auto [matched, rest] = split<E>(each);
    log(name, "matched", repr(matched), "rest", repr(rest));
  }
}

}  // namespace

CONFORMANCE_CASE(except_star) {
  attempts();
  log(str(group("m", {error<value_error>("")})), "|",
      str(group("m", {error<value_error>(""), error<key_error>("")})));
  split_both<value_error>("ValueError");
  split_both<std::exception>("Exception");
  split_both<system_exit>("SystemExit");
  split_both<zero_division_error>("ZeroDivisionError");
}

}  // namespace jackdaw::conformance
