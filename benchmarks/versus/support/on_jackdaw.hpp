// jackdaw as its users run it: io::run(), with the drivers of io.
#pragma once

#include "problems.hpp"
#include "versus.hpp"
#include <jackdaw/io/run.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <utility>

namespace versus {

inline jackdaw::io::options jackdaw_options(const arguments& given) {
  jackdaw::io::options result;
  result.workers = given.workers;
  return result;
}

/// Runs `main`, which reports, and returns what main() is to return.
inline int on_jackdaw(const arguments& given, jackdaw::task<int> main) {
  return jackdaw::io::run(std::move(main), jackdaw_options(given));
}

}  // namespace versus
