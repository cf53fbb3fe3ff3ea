// tests/compilers/lifetime_probe.hpp
//
// A witness tells what a compiler did to an object
// ------------------------------------------------
// A compiler that loses track of a temporary of a coroutine either copies its bytes into the frame
// without calling a constructor and destroys both copies, or destroys a place where nothing was
// ever built, or forgets to destroy. A program notices as a double free, later and elsewhere; a
// witness notices at once. Each constructor enters the object's address into a ledger, the
// destructor strikes it out, so an address that is not in the ledger is a phantom: nobody
// constructed anything there, or it was destroyed before. No memory is owned, hence a phantom is
// counted and not a crash. Guarded by hazards_test.cpp, "witness", which shows each verdict.
//
// A pattern is a small coroutine that makes witnesses. It runs in a forked child, so that a crash
// is a verdict like any other and each pattern starts with an empty ledger.

#pragma once

#include "probe_task.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <vector>

namespace compilers {

enum class verdict : int {
  right,       // Every object was constructed once and destroyed once, in the same place.
  phantom,     // An object was destroyed or read where none was alive.
  leaked,      // An object was never destroyed.
  unfinished,  // The coroutine came back without having reached its end.
  crashed,     // The child died of a signal, or a sanitizer ended it.
};

inline std::ostream& operator<<(std::ostream& out, verdict what) {
  constexpr const char* names[] = {"right", "phantom", "leaked", "unfinished", "crashed"};
  return out << names[static_cast<int>(what)];
}

class witness;

/// The witnesses alive in this process, which is the child that runs one pattern.
class ledger {
 public:
  static ledger& instance() {
    static ledger only_one;
    return only_one;
  }

  void enter(const witness* where) { alive_.push_back(where); }
  void strike(const witness* where) { phantoms_ += std::erase(alive_, where) == 1 ? 0 : 1; }
  void look(const witness* where) { phantoms_ += std::ranges::count(alive_, where) == 1 ? 0 : 1; }

  [[nodiscard]] verdict judge() const {
    if (phantoms_ != 0) {
      return verdict::phantom;
    }
    return alive_.empty() ? verdict::right : verdict::leaked;
  }

 private:
  std::vector<const witness*> alive_;
  int phantoms_ = 0;
};

/// Stands for every type whose destructor matters: a string, a unique_ptr, a socket.
class witness {
 public:
  explicit witness(int value = 0) : value_(value) { ledger::instance().enter(this); }
  witness(const witness& other) : value_(other.value()) { ledger::instance().enter(this); }
  witness(witness&& other) noexcept : value_(other.value()) { ledger::instance().enter(this); }
  witness& operator=(const witness& other) {
    value_ = other.value();
    return *this;
  }
  ~witness() { ledger::instance().strike(this); }

  [[nodiscard]] int value() const {
    ledger::instance().look(this);
    return value_;
  }

 private:
  int value_;
};

using pattern = probe_task<> (*)();

/// Runs `subject` in a forked child and tells what became of its witnesses.
inline verdict observe(pattern subject) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool finished = false;
    {
      const probe_task<> body = subject();
      body.resume();
      finished = body.done();
    }
    const verdict seen = finished ? ledger::instance().judge() : verdict::unfinished;
    ::_exit(static_cast<int>(seen));
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) {
    return verdict::crashed;
  }
  const bool judged =
      WIFEXITED(status) && WEXITSTATUS(status) <= static_cast<int>(verdict::unfinished);
  return judged ? static_cast<verdict>(WEXITSTATUS(status)) : verdict::crashed;
}

}  // namespace compilers
