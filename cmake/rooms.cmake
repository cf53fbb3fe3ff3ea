# The functions CMakeLists.txt is written in.
#
#   jackdaw_library(runtime SOURCES <patterns> [EXCLUDE <patterns>] LINK <targets>)
#       a static library jackdaw_runtime, known as jackdaw::runtime
#   jackdaw_program(jackdaw SOURCES <patterns> LINK <targets>)
#       an executable in <build>/bin
#   jackdaw_tests(runtime [PROPERTIES ...] SOURCES <patterns> LINK <targets>)
#       one GoogleTest program runtime_tests; ctest knows each test as runtime.<suite>.<test>, or, with
#       JACKDAW_TEST_SHARDS, so many equal parts of the program as runtime.shard_<n>
#   jackdaw_precompile(target <headers>)
#       compiles the headers that most sources of a target begin with once
#   jackdaw_optimise_less(targets)
#       for tests under g++ and under sanitizers, where optimising them takes most of the time of the build
#   jackdaw_examples(<pattern> [EXCLUDE <patterns>] LINK <targets>)
#       a program and a ctest test per file
#   jackdaw_benchmarks(runtime LINK <targets>)
#       one Google Benchmark program bench_runtime; ctest runs it once, small
#
# Patterns search sub-directories too and are followed by the build: a new file is built without
# touching CMake. A room without sources is left out, and so is everything that stands on it.

function(jackdaw_glob out)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${ARGN})
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# Sets `out` to the sources of a room, or to nothing if it cannot be built.
function(jackdaw_room_sources out)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "SOURCES;EXCLUDE;LINK")
  jackdaw_glob(sources ${room_SOURCES})
  if(room_EXCLUDE)
    jackdaw_glob(excluded ${room_EXCLUDE})
    list(REMOVE_ITEM sources ${excluded})
  endif()
  set(missing ${room_LINK})
  list(FILTER missing INCLUDE REGEX "^jackdaw::")
  foreach(target IN LISTS missing)
    if(TARGET ${target})
      list(REMOVE_ITEM missing ${target})
    endif()
  endforeach()
  if(missing)
    set(sources "")
    message(STATUS "Left out, there is no ${missing}: ${room_SOURCES}")
  elseif(NOT sources)
    message(STATUS "Left out, no sources: ${room_SOURCES}")
  endif()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

function(jackdaw_library name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "SOURCES;EXCLUDE;LINK")
  jackdaw_room_sources(sources SOURCES ${room_SOURCES} EXCLUDE ${room_EXCLUDE} LINK ${room_LINK})
  if(NOT sources)
    return()
  endif()
  add_library(jackdaw_${name} STATIC ${sources})
  add_library(jackdaw::${name} ALIAS jackdaw_${name})
  set_target_properties(jackdaw_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(jackdaw_${name} PUBLIC cxx_std_20)
  target_include_directories(jackdaw_${name} PUBLIC $<BUILD_INTERFACE:${jackdaw_include_dir}>
                                                    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(jackdaw_${name} PUBLIC ${room_LINK})
endfunction()

function(jackdaw_program name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "SOURCES;EXCLUDE;LINK")
  jackdaw_room_sources(sources SOURCES ${room_SOURCES} EXCLUDE ${room_EXCLUDE} LINK ${room_LINK})
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${room_LINK})
endfunction()

function(jackdaw_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "SOURCES;EXCLUDE;LINK;PROPERTIES")
  jackdaw_program(${name}_tests SOURCES ${room_SOURCES} EXCLUDE ${room_EXCLUDE}
                  LINK ${room_LINK} GTest::gmock GTest::gtest_main)
  if(TARGET ${name}_tests AND JACKDAW_TEST_SHARDS GREATER 0)
    math(EXPR last "${JACKDAW_TEST_SHARDS} - 1")
    foreach(shard RANGE ${last})
      add_test(NAME ${name}.shard_${shard} COMMAND ${name}_tests WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
      set_tests_properties(
        ${name}.shard_${shard}
        PROPERTIES TIMEOUT 600 LABELS ${name} ENVIRONMENT
                   "GTEST_TOTAL_SHARDS=${JACKDAW_TEST_SHARDS};GTEST_SHARD_INDEX=${shard}" ${room_PROPERTIES})
    endforeach()
  elseif(TARGET ${name}_tests)
    # Tests are listed when ctest starts: a sanitized program need not run during the build.
    gtest_discover_tests(
      ${name}_tests
      TEST_PREFIX ${name}.
      DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      PROPERTIES TIMEOUT 120 LABELS ${name} ${room_PROPERTIES})
  endif()
endfunction()

function(jackdaw_precompile target)
  # Not with g++ 12: behind a precompiled header it warns of the standard library's insides.
  if(TARGET ${target} AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_precompile_headers(${target} PRIVATE ${ARGN})
    # Without the time of day in it, so that it can be cached.
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

# The libraries beneath keep their optimisation, as do the tools, the examples and tests/compilers, which is there for what
# optimisation may break.
function(jackdaw_optimise_less)
  foreach(target IN LISTS ARGN)
    if(TARGET ${target} AND (JACKDAW_SANITIZE OR CMAKE_CXX_COMPILER_ID STREQUAL "GNU"))
      target_compile_options(${target} PRIVATE -O0)
    endif()
  endforeach()
endfunction()

# examples/echo.cpp becomes the program example_echo and the test example.echo. Next to it may lie
# echo.args, the arguments of the test run, and echo.expected, what it must print.
function(jackdaw_examples pattern)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "EXCLUDE;LINK")
  jackdaw_room_sources(sources SOURCES ${pattern} EXCLUDE ${room_EXCLUDE} LINK ${room_LINK})
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_executable(example_${name} ${source})
    target_link_libraries(example_${name} PRIVATE ${room_LINK})
    cmake_path(REMOVE_EXTENSION source OUTPUT_VARIABLE stem)
    add_test(NAME example.${name}
             COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:example_${name}> -DSTEM=${stem} -P
                     ${PROJECT_SOURCE_DIR}/cmake/run_example.cmake)
    set_tests_properties(example.${name} PROPERTIES TIMEOUT 60 LABELS example)
  endforeach()
endfunction()

function(jackdaw_benchmarks room)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "LINK")
  jackdaw_program(bench_${room} SOURCES benchmarks/${room}/*.cpp
                  LINK ${room_LINK} benchmark::benchmark benchmark::benchmark_main)
  if(TARGET bench_${room})
    # Since 1.8 the unit must be said, before it must not.
    set(min_time 0.001)
    if(benchmark_VERSION VERSION_GREATER_EQUAL 1.8)
      string(APPEND min_time s)
    endif()
    add_test(NAME bench.${room} COMMAND bench_${room} --benchmark_min_time=${min_time})
    set_tests_properties(bench.${room} PROPERTIES TIMEOUT 300 LABELS bench)
  endif()
endfunction()
