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

struct scenario {
  std::string_view name;
  void (*run)();
};

/// All cases of this program, sorted by name.
[[nodiscard]] std::vector<scenario> all_scenarios();

class registration {
 public:
  registration(std::string_view name, void (*run)());
};

}  // namespace jackdaw::conformance

/// The body that follows is what the script NAME.py does. Its coroutines stand above it, in an unnamed
/// namespace.
#define CONFORMANCE_CASE(NAME)                                                             \
  static void run_##NAME();                                                                \
  static const ::jackdaw::conformance::registration registered_##NAME(#NAME, &run_##NAME); \
  static void run_##NAME()
