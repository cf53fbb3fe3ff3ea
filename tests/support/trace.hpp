// tests/support/trace.hpp
//
// What happened, in order: tests let their tasks write names into a trace and compare it.
#pragma once

#include <algorithm>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>

namespace jackdaw::testing {

/// Words, separated by blanks. Threads: any.
class trace {
 public:
  void add(std::string_view word) {
    const std::lock_guard guard(lock_);
    if (!text_.empty()) {
      text_ += ' ';
    }
    text_ += word;
  }
  void add(std::string_view word, long long number) {
    add(std::string(word) + std::to_string(number));
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard guard(lock_);
    return text_;
  }
  /// The words in alphabetical order: for runtimes that promise no order.
  [[nodiscard]] std::string sorted() const;
  void clear() {
    const std::lock_guard guard(lock_);
    text_.clear();
  }

  friend bool operator==(const trace& log, std::string_view text) { return log.text() == text; }
  friend std::ostream& operator<<(std::ostream& out, const trace& log) { return out << log.text(); }

 private:
  mutable std::mutex lock_;
  std::string text_;
};

}  // namespace jackdaw::testing
