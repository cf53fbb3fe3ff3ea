# What g++ must be told so that coroutines run in constant stack (docs/compilers.md).
#
# co_await of a task is a tail call (symmetric transfer). g++ makes it one only with these flags:
# without them each await that completes synchronously costs 80 to 768 bytes of stack until the
# loop that contains them suspends. clang always makes the tail call.
#
#   -foptimize-sibling-calls                      below -O2
#   --param=asan-stack=0                          with -fsanitize=address
#   --param=tsan-instrument-func-entry-exit=0     with -fsanitize=thread
#
# Each is harmless where it is not needed. The file is installed too, since coroutines of users
# need the same: after find_package(jackdaw),
#   target_compile_options(app PRIVATE ${jackdaw_compiler_hazard_flags})
# It is offered and not imposed: a library that changes its users' flags surprises them.

set(jackdaw_compiler_hazard_flags
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-foptimize-sibling-calls>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:--param=asan-stack=0>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:--param=tsan-instrument-func-entry-exit=0>)
