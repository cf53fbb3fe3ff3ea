// What variables, tokens and contexts are, without a loop.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

const context_var<std::string> v("v");
const context_var<std::string> w("w", "default");

// A function that returns nothing gives None.
template <class F>
void attempt(std::string_view what, F&& function) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
      function();
      log(what, nullptr);
    } else {
      log(what, function());
    }
  } catch (...) {
    log(what, type_name(std::current_exception()));
  }
}

std::string get() { return v.get(); }

void tokens() {
  auto first = v.set("first");
  auto second = v.set("second");
  log(!first.old_value(), *second.old_value(), &first.variable() == &v);
  v.reset(second);
  log(v.get());
  attempt("twice", [&] { v.reset(second); });
  log(v.get());
  attempt("another variable's", [&] { w.reset(first); });
  attempt("another variable's, used", [&] { w.reset(second); });
  const auto copy = copy_context();
  attempt("another context's", [&] { copy.run([&] { v.reset(first); }); });
  attempt("another context's, used", [&] { copy.run([&] { v.reset(second); }); });
  v.reset(first);
  attempt("reset", get);
  log("copy", copy.at(v), copy.size(), copy.contains(w), copy.get(w) ? *copy.get(w) : "None");
}

void contexts(const jackdaw::context& copy) {
  const jackdaw::context empty;
  log(empty.size(), empty.contains(v));
  const auto inside = [&] {
    v.set("inside");
    attempt("outer again", [&] { return copy.run(get); });
    attempt("self again", [&] { return empty.run(get); });
    return copy_context();
  };
  const auto inner = copy.run([&] { return empty.run(inside); });
  log(inner.at(v), empty.at(v), copy.at(v), inner == empty);
  attempt("fails", [&] {
    empty.run([] {
      v.set("failed");
      throw value_error();
    });
  });
  log(empty.at(v), inner.at(v));
  attempt("outside", get);
  const auto twice = empty.copy();
  twice.run([] { v.set("twice"); });
  log(twice.at(v), empty.at(v));
}

void body() {
  log(v.name(), w.name());
  attempt("unset", get);
  attempt("unset or", [] { return v.get("mine"); });
  attempt("default", [] { return w.get(); });
  attempt("default or", [] { return w.get("mine"); });
  tokens();
  const jackdaw::context copy;
  copy.run([] { v.set("first"); });
  contexts(copy);
}

}  // namespace

CONFORMANCE_CASE(context_tokens, any_order) { jackdaw::context().run(body); }

}  // namespace jackdaw::conformance
