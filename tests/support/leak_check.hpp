// tests/support/leak_check.hpp
//
// Whoever includes this has its frames counted: at the end of every test of the program as many frames
// and records are alive as at its begin.
#pragma once

namespace jackdaw::testing {

/// Registers the accountant with GoogleTest, once.
bool count_leaks();

inline const bool leaks_are_counted = count_leaks();

}  // namespace jackdaw::testing
