// Boost.Asio: one io_context that `workers` threads run.
#pragma once

#include "problems.hpp"
#include "versus.hpp"

#include <boost/asio.hpp>

#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace versus {

namespace asio = boost::asio;

/// Runs `context` until nothing is left to do.
inline void run_on(asio::io_context& context, unsigned workers) {
  std::vector<std::jthread> others;
  for (unsigned index = 1; index < workers; ++index) {
    others.emplace_back([&context] { context.run(); });
  }
  context.run();
}

/// Runs `main`, which reports, and returns what main() is to return.
inline int on_asio(const arguments& given, asio::awaitable<int> main) {
  asio::io_context context(static_cast<int>(given.workers));
  int result = 1;
  asio::co_spawn(context, std::move(main), [&result](const std::exception_ptr& error, int value) {
    if (error) {
      std::rethrow_exception(error);
    }
    result = value;
  });
  run_on(context, given.workers);
  return result;
}

}  // namespace versus
