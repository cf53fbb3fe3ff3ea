// Where the flag is: glibc has it since 2.32.
#include <jackdaw/runtime/base/only_thread.hpp>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#else
namespace {
constexpr char __libc_single_threaded = 0;
}
#endif

namespace jackdaw {

constinit const char* const only_thread_flag = &__libc_single_threaded;

}  // namespace jackdaw
