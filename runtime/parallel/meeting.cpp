// The two sides of a meeting.
#include <jackdaw/runtime/parallel/meeting.hpp>

namespace jackdaw::parallel {

meeting::meeting() noexcept { left_.fetch_add(1, std::memory_order_release); }     // V1
meeting::~meeting() { static_cast<void>(left_.load(std::memory_order_acquire)); }  // V2

meeting::piece::piece(meeting& of) noexcept : of_(&of) {
  static_cast<void>(of_->left_.load(std::memory_order_acquire));  // V2
}
meeting::piece::~piece() { of_->left_.fetch_add(1, std::memory_order_release); }  // V1

}  // namespace jackdaw::parallel
