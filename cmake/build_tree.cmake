# Where things land in the build tree, and what every file of the project is compiled with.
include(GNUInstallDirs)

# The repository root is what <jackdaw/...> means: <jackdaw/runtime/task.hpp> is runtime/task.hpp.
set(jackdaw_include_dir ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${jackdaw_include_dir})
file(CREATE_LINK ${PROJECT_SOURCE_DIR} ${jackdaw_include_dir}/jackdaw SYMBOLIC)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_CXX_EXTENSIONS OFF)

# Messages say "runtime/task.hpp", wherever the checkout is. The later option wins where both match.
add_compile_options(-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
                    -fmacro-prefix-map=${jackdaw_include_dir}/jackdaw/=)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CCACHE ccache)
  mark_as_advanced(CCACHE)
  if(CCACHE)
    # What precompiled headers need to be cached: nothing of ours depends on the two.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  endif()
endif()
