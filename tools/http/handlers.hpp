// What the server answers. A handler is a plain function: it never suspends and costs no coroutine.
//
// With a directory to serve, everything but /stats and /metrics is a file. Else:
//
//   /            "Hello, World!"                  GET, HEAD
//   /json        the same, as JSON                GET, HEAD
//   /stats       counters and CPU time, as JSON   GET, HEAD
//   /metrics     the same and more, Prometheus'   GET, HEAD
//   /sleep?ms=N  answers after N milliseconds     GET, HEAD    the connection sleeps, not a handler
//   /cpu?us=N    burns N microseconds of CPU      GET, HEAD    on purpose: it holds its worker
//   /echo        returns the body                 POST, PUT
#pragma once

#include <jackdaw/tools/http/file_tree.hpp>
#include <jackdaw/tools/http/request.hpp>
#include <jackdaw/tools/http/response.hpp>
#include <jackdaw/tools/http/server_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace jackdaw::http {

struct answer {
  response reply;    // reply.body may view `text`, or the request: write it before either changes.
  std::string text;  // A body that was made for this answer.
  std::string fields;
  std::chrono::milliseconds delay{0};
  bool wants_file = false;                  // The reply depends on a file: see answer_with().
  std::shared_ptr<const served_file> file;  // Its body follows the head, from there:
  std::uint64_t offset = 0;
};

/// Fills `into` (which must be fresh). The connection decides what becomes of itself.
void handle(const request& message, const server_context& server, answer& into);

/// The reply to a request that wanted a file, now that it has been looked up.
void answer_with(const request& message, const looked_up& found, answer& into);

}  // namespace jackdaw::http
