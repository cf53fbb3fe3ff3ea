# The warnings of our own sources. Presets turn them into errors (CMAKE_COMPILE_WARNING_AS_ERROR);
# nothing of this reaches the users of the library.

add_compile_options(-Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual
                    -Wold-style-cast -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wundef)

if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # -Wconversion without its sign part: system calls mix signs everywhere, and a cast at each of
  # them hides the narrowing that matters. -Wdangling sees dangling coroutine arguments, thanks to
  # the attributes on the task types: that is a bug in every build.
  add_compile_definitions(JACKDAW_CORO_LIFETIME_CHECKS)
  add_compile_options(-Wshadow -Wconversion -Wno-sign-conversion -Wthread-safety -Wextra-semi
                      -Wunreachable-code -Werror=dangling)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ 12 reports these about correct code: coroutine frames (GCC PR 109448), std::string at -O3
  # (PR 105651), and frames whose operator delete has no counterpart that it could see.
  add_compile_options(-Wextra-semi -Wno-maybe-uninitialized -Wno-restrict
                      -Wno-mismatched-new-delete)
endif()
