// A word that one thread writes and others may look at.
//
// W1: relaxed: who looks learns what was written some time ago, and nothing of what it points to. The
// owner pays a plain load or store.
#pragma once

#include <atomic>

namespace jackdaw {

/// Copies like the word itself. Threads: the owner writes and copies, any thread may read().
template <class Word>
class published {
 public:
  published() noexcept = default;
  published(Word word) noexcept : word_(word) {}  // NOLINT: it stands for the word.
  published(const published& other) noexcept : word_(other.read()) {}
  published& operator=(const published& other) noexcept { return *this = other.read(); }
  published& operator=(Word word) noexcept {
    word_.store(word, std::memory_order_relaxed);  // W1
    return *this;
  }
  ~published() = default;

  [[nodiscard]] Word read() const noexcept { return word_.load(std::memory_order_relaxed); }  // W1
  operator Word() const noexcept { return read(); }  // NOLINT: as above.
  Word operator->() const noexcept { return read(); }

 private:
  std::atomic<Word> word_{};
};

}  // namespace jackdaw
