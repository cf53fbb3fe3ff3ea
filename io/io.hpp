// The library's umbrella: everything that a program needs.
#pragma once

#include <jackdaw/io/address.hpp>
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/child_pipe.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/exit_status.hpp>
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/file_watcher.hpp>
#include <jackdaw/io/pipe.hpp>
#include <jackdaw/io/probe.hpp>
#include <jackdaw/io/process.hpp>
#include <jackdaw/io/process_options.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/resolver.hpp>
#include <jackdaw/io/run.hpp>
#include <jackdaw/io/signal_set.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/io/udp_socket.hpp>
#include <jackdaw/io/unix_address.hpp>
#include <jackdaw/io/unix_listener.hpp>
#include <jackdaw/io/unix_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>
