// Our ends of the pipes of a child process: what we write to it, and what it writes to us.
//
// Ours are non-blocking, the child's are not: a program does not expect that of its standard streams.
#pragma once

#include <jackdaw/io/pipe.hpp>

namespace jackdaw::io {

/// Where a child's output arrives; it ends when grandchildren, too, have closed theirs.
/// Source: asyncio's Process.stdout, Process.stderr.
using child_output = pipe_reader;

/// Where a child's input begins: EPIPE when the child has closed its end or is gone.
/// Source: asyncio's Process.stdin.
using child_input = pipe_writer;

}  // namespace jackdaw::io
