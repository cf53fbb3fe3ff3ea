// In words.
#include <jackdaw/io/exit_status.hpp>

#include <cstring>

namespace jackdaw::io {

std::string exit_status::to_string() const {
  if (exited()) {
    return "exit code " + std::to_string(code_);
  }
  return "signal " + std::to_string(signal_) + " (" + strsignal(signal_) + ")";
}

}  // namespace jackdaw::io
