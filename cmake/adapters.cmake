# The adapters: other libraries' event loops on jackdaw's, a library each, built if theirs is found.
#
#   jackdaw_adapter(curl PACKAGE libcurl4-openssl-dev LINK CURL::libcurl)
#       the library jackdaw_curl from adapters/curl.cpp, if all it links is there; else a line that says what to
#       install. jackdaw_adapters is the list of those that are built.

set(jackdaw_adapters "")

function(jackdaw_adapter name)
  cmake_parse_arguments(PARSE_ARGV 1 adapter "" "PACKAGE" "LINK;PUBLIC")
  foreach(target IN LISTS adapter_LINK adapter_PUBLIC)
    if(NOT TARGET ${target})
      message(STATUS "Left out, no ${target} (Debian: ${adapter_PACKAGE}): jackdaw::${name}")
      return()
    endif()
  endforeach()
  jackdaw_library(${name} SOURCES adapters/${name}.cpp LINK jackdaw::io ${adapter_PUBLIC})
  target_link_libraries(jackdaw_${name} PRIVATE ${adapter_LINK})
  set(jackdaw_adapters ${jackdaw_adapters} ${name} PARENT_SCOPE)
endfunction()

find_package(CURL QUIET)
pkg_check_modules(HIREDIS QUIET IMPORTED_TARGET hiredis)
pkg_check_modules(LIBPQ QUIET IMPORTED_TARGET libpq)
find_path(JACKDAW_BOOST_ASIO boost/asio.hpp)
mark_as_advanced(JACKDAW_BOOST_ASIO)

jackdaw_adapter(foreign_loop LINK jackdaw::io)
jackdaw_adapter(curl PACKAGE libcurl4-openssl-dev PUBLIC jackdaw::foreign_loop LINK CURL::libcurl)
jackdaw_adapter(redis PACKAGE libhiredis-dev PUBLIC jackdaw::foreign_loop LINK PkgConfig::HIREDIS)
jackdaw_adapter(postgresql PACKAGE libpq-dev LINK PkgConfig::LIBPQ)
if(JACKDAW_BOOST_ASIO)  # Headers alone, and those of the system.
  jackdaw_adapter(asio PACKAGE libboost-dev LINK Threads::Threads)
else()
  message(STATUS "Left out, no <boost/asio.hpp> (Debian: libboost-dev): jackdaw::asio")
endif()
