// Key functions of the exception types: their type information is in one place.
#include <jackdaw/runtime/exceptions.hpp>

namespace jackdaw {

base_exception::~base_exception() = default;

}  // namespace jackdaw
