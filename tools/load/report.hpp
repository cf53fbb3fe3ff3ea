// The result of a load run, for people and for programs.
#pragma once

#include <jackdaw/tools/load/session.hpp>

namespace jackdaw::load {

/// Prints the table, and writes the JSON file if one was asked for.
void publish(const run_context& run, double seconds);

}  // namespace jackdaw::load
