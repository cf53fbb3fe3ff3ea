// `jackdaw load`: puts HTTP requests on a server and reports what it took to answer them.
#pragma once

#include <jackdaw/io/run.hpp>
#include <jackdaw/tools/load/load_options.hpp>

namespace jackdaw::load {

/// Runs the load, shows its progress on a terminal, prints a table, writes the JSON file if wanted.
/// Returns the exit status: 1 if nothing at all was answered.
///
/// Errors  What prevents the run is thrown: a name that cannot be resolved, a server that is not there.
[[nodiscard]] int run_load(load_options chosen, const io::options& runtime);

/// One request: 0 if it was answered with a 2xx status within the time limits, otherwise 1 and a line
/// that says why. Made for a container's health check.
[[nodiscard]] int run_check(load_options chosen, const io::options& runtime);

}  // namespace jackdaw::load
