// The routes of handlers.hpp.

#include <jackdaw/tools/http/handlers.hpp>
#include <jackdaw/tools/prometheus_text.hpp>

#include <array>
#include <cstdint>

namespace jackdaw::http {

namespace {

// Long enough for every experiment, short enough that no client holds a worker or a drain for long.
constexpr std::uint64_t sleep_ms_max = 60'000;
constexpr std::uint64_t cpu_us_max = 1'000'000;

void plaintext(const request&, const server_context&, answer& into) {
  into.reply.body = "Hello, World!\n";
}

void json(const request&, const server_context&, answer& into) {
  into.reply.content_type = "application/json";
  into.reply.body = "{\"message\":\"Hello, World!\"}\n";
}

void stats(const request&, const server_context& server, answer& into) {
  into.text = stats_json(server);
  into.reply.content_type = "application/json";
  into.reply.body = into.text;
}

void metrics(const request&, const server_context& server, answer& into) {
  into.text = metrics_text(server);
  into.reply.content_type = tools::prometheus_text::content_type;
  into.reply.body = into.text;
}

void echo(const request& message, const server_context&, answer& into) {
  into.reply.content_type = "application/octet-stream";
  into.reply.body = message.body();
}

void bad_number(answer& into) {
  into.reply.code = status::bad_request;
  into.reply.body = "The query must say ms=0..60000 or us=0..1000000.\n";
}

void sleep(const request& message, const server_context&, answer& into) {
  const auto ms = message.query_number("ms");
  if (!ms.has_value() || *ms > sleep_ms_max) {
    return bad_number(into);
  }
  into.delay = std::chrono::milliseconds(*ms);
  into.reply.body = "slept\n";
}

void cpu(const request& message, const server_context&, answer& into) {
  const auto us = message.query_number("us");
  if (!us.has_value() || *us > cpu_us_max) {
    return bad_number(into);
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(*us);
  while (std::chrono::steady_clock::now() < end) {
  }
  into.reply.body = "burnt\n";
}

struct route {
  std::string_view path;
  bool reads;  // GET and HEAD; otherwise POST and PUT.
  void (*run)(const request&, const server_context&, answer&);
};

constexpr std::array<route, 7> routes = {{
    {"/", true, plaintext},
    {"/json", true, json},
    {"/echo", false, echo},
    {"/sleep", true, sleep},
    {"/cpu", true, cpu},
    {"/stats", true, stats},
    {"/metrics", true, metrics},
}};

}  // namespace

void handle(const request& message, const server_context& server, answer& into) {
  const method verb = message.verb();
  into.reply.head_only = verb == method::head;
  for (const route& candidate : routes) {
    if (candidate.path != message.path()) {
      continue;
    }
    const bool reads = verb == method::get || verb == method::head;
    const bool writes = verb == method::post || verb == method::put;
    if (candidate.reads ? reads : writes) {
      return candidate.run(message, server, into);
    }
    into.reply.code = status::method_not_allowed;
    into.reply.allow = candidate.reads ? "GET, HEAD" : "POST, PUT";
    into.reply.body = "Method Not Allowed\n";
    return;
  }
  into.reply.code = status::not_found;
  into.reply.body = "Not Found\n";
}

}  // namespace jackdaw::http
