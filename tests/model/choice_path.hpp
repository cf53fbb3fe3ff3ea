// The decisions of one execution, and the next ones in depth-first order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace jackdaw::model {

class choice_path {
 public:
  /// One of `count` alternatives: the recorded one while an old path is followed, then the first.
  [[nodiscard]] unsigned choose(unsigned count) {
    if (count < 2) {
      return 0;
    }
    if (position_ == choices_.size()) {
      choices_.push_back({0, static_cast<std::uint8_t>(count)});
    }
    return choices_[position_++].taken;
  }

  /// True where no execution has been before.
  [[nodiscard]] bool is_new() const noexcept { return position_ == choices_.size(); }

  void restart() noexcept { position_ = 0; }

  /// Turns to the next path. False: there is none.
  [[nodiscard]] bool advance() {
    // An execution may have been left early, before the end of its recorded path: never, as long as it
    // is a function of its choices.
    while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().count) {
      choices_.pop_back();
    }
    if (choices_.empty()) {
      return false;
    }
    ++choices_.back().taken;
    return true;
  }

 private:
  struct choice {
    std::uint8_t taken;
    std::uint8_t count;
  };
  std::vector<choice> choices_;
  std::size_t position_ = 0;
};

}  // namespace jackdaw::model
