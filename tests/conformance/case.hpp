// One case of the suite: what its twin says in C++, under the name of its script and its trace.
#pragma once

#include "asyncio_run.hpp"
#include "python.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <string_view>
#include <vector>

namespace jackdaw::conformance {

using namespace std::chrono_literals;

/// Which platforms a case is meant for.
enum class order : bool {
  as_in_asyncio,  // What it prints depends on the order in which tasks run, or it uses what only a loop has.
  any,  // It uses no loop, and prints the same lines in whatever order tasks run; but the lines of
        // different tasks may change places.
};
inline constexpr order any_order = order::any;

struct scenario {
  std::string_view name;
  void (*run)();
  order depends_on;
};

/// All cases of this program, sorted by name.
[[nodiscard]] std::vector<scenario> all_scenarios();

class registration {
 public:
  registration(std::string_view name, void (*run)(), order depends_on = order::as_in_asyncio);
};

}  // namespace jackdaw::conformance

/// The body that follows is what the script NAME.py does. Its coroutines stand above it, in an unnamed
/// namespace. CONFORMANCE_CASE(NAME, any_order): it runs over a pool as well.
#define CONFORMANCE_CASE(NAME, ...)                                    \
  static void run_##NAME();                                            \
  static const ::jackdaw::conformance::registration registered_##NAME( \
      #NAME, &run_##NAME __VA_OPT__(, ) __VA_ARGS__);                  \
  static void run_##NAME()
