// The routes of handlers.hpp.

#include <jackdaw/tools/http/handlers.hpp>
#include <jackdaw/tools/prometheus_text.hpp>

#include <algorithm>
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
  bool reads;      // GET and HEAD; otherwise POST and PUT.
  bool of_server;  // There also if files are served.
  void (*run)(const request&, const server_context&, answer&);
};

constexpr std::array<route, 7> routes = {{
    {"/", true, false, plaintext},
    {"/json", true, false, json},
    {"/echo", false, false, echo},
    {"/sleep", true, false, sleep},
    {"/cpu", true, false, cpu},
    {"/stats", true, true, stats},
    {"/metrics", true, true, metrics},
}};

void not_allowed(bool reads, answer& into) {
  into.reply.code = status::method_not_allowed;
  into.reply.allow = reads ? "GET, HEAD" : "POST, PUT";
  into.reply.body = "Method Not Allowed\n";
}

// A body that says no more than the status does.
void plain_status(status code, answer& into) {
  into.reply.code = code;
  into.text = reason_phrase(code);
  into.text += '\n';
  into.reply.body = into.text;
}

// Where the directory is. Not more than one slash at the begin: "//host/" would be another host.
void moved_to_directory(const request& message, answer& into) {
  const std::string_view path = message.path();
  plain_status(status::moved_permanently, into);
  into.fields = "\r\nLocation: /";
  into.fields += path.substr(std::min(path.find_first_not_of('/'), path.size()));
  into.fields += '/';
  if (!message.query().empty()) {
    into.fields += '?';
    into.fields += message.query();
  }
  into.reply.more_fields = into.fields;
}

}  // namespace

void handle(const request& message, const server_context& server, answer& into) {
  const method verb = message.verb();
  const bool reads = verb == method::get || verb == method::head;
  const bool has_files = server.files != nullptr;
  into.reply.head_only = verb == method::head;
  for (const route& candidate : routes) {
    if (candidate.path != message.path() || (has_files && !candidate.of_server)) {
      continue;
    }
    const bool writes = verb == method::post || verb == method::put;
    if (candidate.reads ? reads : writes) {
      return candidate.run(message, server, into);
    }
    return not_allowed(candidate.reads, into);
  }
  if (!has_files) {
    into.reply.code = status::not_found;
    into.reply.body = "Not Found\n";
  } else if (!reads) {
    not_allowed(true, into);
  } else {
    into.wants_file = true;
  }
}

void answer_with(const request& message, const looked_up& found, answer& into) {
  into.wants_file = false;
  if (found.code == status::moved_permanently) {
    return moved_to_directory(message, into);
  }
  if (found.code != status::ok) {
    return plain_status(found.code, into);
  }
  const served_file& file = *found.file;
  const file_part part = choose_part(message, file);
  response& reply = into.reply;
  if (part.code == status::precondition_failed) {
    return plain_status(part.code, into);
  }
  if (part.code == status::range_not_satisfiable) {
    plain_status(part.code, into);
    into.fields = "\r\nContent-Range: bytes */" + std::to_string(file.size());
    reply.more_fields = into.fields;
    return;
  }
  reply.code = part.code;
  reply.content_type = file.content_type();
  reply.more_fields = file.fields();
  reply.no_content = part.code == status::not_modified;
  into.file = found.file;  // Keeps what the reply views.
  if (part.code == status::partial_content) {
    into.fields = file.fields() + "\r\nContent-Range: bytes " + std::to_string(part.offset) + '-' +
                  std::to_string(part.offset + part.length - 1) + '/' + std::to_string(file.size());
    reply.more_fields = into.fields;
  }
  if (file.is_in_memory()) {
    reply.body = file.content().substr(part.offset, part.length);
  } else {
    reply.length = part.length;
    into.offset = part.offset;
  }
}

}  // namespace jackdaw::http
