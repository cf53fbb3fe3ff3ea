// asyncio's I/O under its own names: `namespace aio = jackdaw::io::asyncio;`. For programs that run on asyncio's
// loop: io::run() with io::mode::asyncio, or a runner whose loop has a driver of io.
#pragma once

#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/datagram_endpoint.hpp>
#include <jackdaw/io/asyncio/descriptor_callbacks.hpp>
#include <jackdaw/io/asyncio/name_lookup.hpp>
#include <jackdaw/io/asyncio/pipe_transports.hpp>
#include <jackdaw/io/asyncio/protocols.hpp>
#include <jackdaw/io/asyncio/sendfile.hpp>
#include <jackdaw/io/asyncio/server.hpp>
#include <jackdaw/io/asyncio/signal_handlers.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>
#include <jackdaw/io/asyncio/streams.hpp>
#include <jackdaw/io/asyncio/subprocess.hpp>
#include <jackdaw/io/asyncio/subprocess_transport.hpp>
#include <jackdaw/io/asyncio/transports.hpp>
