// What the server answers. A handler is a plain function: it never suspends and costs no coroutine.
//
//   /            "Hello, World!"                  GET, HEAD
//   /json        the same, as JSON                GET, HEAD
//   /stats       counters and CPU time, as JSON   GET, HEAD
//   /metrics     the same and more, Prometheus'   GET, HEAD
//   /sleep?ms=N  answers after N milliseconds     GET, HEAD    the connection sleeps, not a handler
//   /cpu?us=N    burns N microseconds of CPU      GET, HEAD    on purpose: it holds its worker
//   /echo        returns the body                 POST, PUT
#pragma once

#include <jackdaw/tools/http/request.hpp>
#include <jackdaw/tools/http/response.hpp>
#include <jackdaw/tools/http/server_context.hpp>

#include <chrono>
#include <string>

namespace jackdaw::http {

struct answer {
  response reply;    // reply.body may view `text`, or the request: write it before either changes.
  std::string text;  // A body that was made for this answer.
  std::chrono::milliseconds delay{0};
};

/// Fills `into` (which must be fresh). The connection decides what becomes of itself.
void handle(const request& message, const server_context& server, answer& into);

}  // namespace jackdaw::http
