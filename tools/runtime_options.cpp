// Words to options and back.

#include <jackdaw/tools/runtime_options.hpp>

#include <stdexcept>

namespace jackdaw::tools {

namespace {

io::mode to_mode(const std::string& word) {
  if (word == "multi") {
    return io::mode::multi_thread;
  }
  if (word == "asyncio") {
    return io::mode::asyncio;
  }
  throw std::invalid_argument("--mode takes multi or asyncio, not '" + word + "'");
}

io::backend to_backend(const std::string& word) {
  if (word == "auto") {
    return io::backend::automatic;
  }
  if (word == "io_uring") {
    return io::backend::io_uring;
  }
  if (word == "epoll") {
    return io::backend::epoll;
  }
  throw std::invalid_argument("--backend takes auto, io_uring or epoll, not '" + word + "'");
}

}  // namespace

io::options to_io_options(const runtime_options& chosen) {
  io::options options;
  options.mode = to_mode(chosen.mode);
  options.backend = to_backend(chosen.backend);
  options.workers = chosen.workers;
  options.on_backend = [](const std::string&) {
  };  // The commands say it themselves, where it matters.
  if (options.mode == io::mode::asyncio && chosen.workers > 1) {
    throw std::invalid_argument("--workers " + std::to_string(chosen.workers) +
                                " needs --mode multi: asyncio mode has one worker");
  }
  return options;
}

}  // namespace jackdaw::tools
