// `jackdaw doctor`: what this machine lets the runtime do, and what to change.
#pragma once

#include <jackdaw/io/run.hpp>

namespace jackdaw::doctor {

/// Prints the findings for a runtime with these options. Returns 0 if it can run, otherwise 1.
[[nodiscard]] int run_doctor(const io::options& runtime);

}  // namespace jackdaw::doctor
