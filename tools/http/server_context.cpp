// What is made from the options.

#include <jackdaw/tools/http/server_context.hpp>

#include <utility>

namespace jackdaw::http {

namespace {

std::unique_ptr<file_tree> files_of(const server_options& options) {
  return options.root.empty() ? nullptr : std::make_unique<file_tree>(options.root);
}

std::optional<io::tls_context> tls_of(const server_options& options) {
  if (options.tls_certificate.empty()) {
    return std::nullopt;
  }
  io::tls_options wanted;
  wanted.certificate_file = options.tls_certificate;
  wanted.key_file = options.tls_key;
  wanted.alpn = {"http/1.1"};
  return io::tls_context::server(wanted);
}

std::unique_ptr<access_log> log_of(const server_options& options) {
  return options.access_log.empty() ? nullptr : std::make_unique<access_log>(options.access_log);
}

}  // namespace

server_context::server_context(server_options chosen)
    : options(std::move(chosen)),
      files(files_of(options)),
      tls(tls_of(options)),
      log(log_of(options)),
      delays(options.delay_max) {}

}  // namespace jackdaw::http
