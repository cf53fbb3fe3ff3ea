// Key functions of the exception types (their type information is in one place), and their kinds.
#include <jackdaw/runtime/exceptions.hpp>

namespace jackdaw {

base_exception::~base_exception() = default;

bool is_order_to_end(const std::exception_ptr& error) noexcept {
  if (error == nullptr) {
    return false;
  }
  try {
    std::rethrow_exception(error);
  } catch (const keyboard_interrupt&) {
    return true;
  } catch (const system_exit&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace jackdaw
