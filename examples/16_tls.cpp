// A server and a client with TLS, who know each other by a certificate that is made for the occasion.
#include <jackdaw/io/io.hpp>
#include <jackdaw/io/tls/tls_stream.hpp>

#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <utility>

namespace io = jackdaw::io;
using jackdaw::task;

// PEM, certificate and key in one. A real server has them in files.
task<std::string> make_identity() {
  io::process_options options(
      "openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-days", "1", "-subj", "/CN=jackdaw.example", "-addext",
                  "subjectAltName=DNS:jackdaw.example", "-keyout", "-"});
  options.standard_output = io::stdio::pipe();
  options.standard_error = io::stdio::null();
  io::process openssl = co_await io::process::spawn(std::move(options));
  io::communicated said = co_await openssl.communicate();
  co_return std::move(said.standard_output);
}

task<std::string> read_text(io::tls_stream& stream) {
  std::array<std::byte, 256> buffer;
  const std::size_t count = co_await stream.read_some(buffer);
  co_return std::string(reinterpret_cast<const char*>(buffer.data()), count);
}

task<void> echo_one(io::tcp_listener& listener, io::tls_context context) {
  io::tcp_stream plain = co_await listener.accept();
  io::tls_stream stream = co_await io::start_tls(std::move(plain), std::move(context));
  std::printf("server: %s was asked for, by %s\n", stream.session().server_name.c_str(),
              stream.session().version.c_str());
  const std::string text = co_await read_text(stream);
  co_await stream.write_all(std::as_bytes(std::span(text)));
  co_await stream.shutdown();
}

task<void> talk(io::address where, io::tls_context context, std::string name) {
  try {
    io::tcp_stream plain = co_await io::tcp_stream::connect(where);
    io::tls_stream stream = co_await io::start_tls(std::move(plain), std::move(context), name);
    const std::string text = "a secret";
    co_await stream.write_all(std::as_bytes(std::span(text)));
    const std::string echo = co_await read_text(stream);
    const bool whole = co_await stream.shutdown();
    std::printf("client: %s, %s\n", echo.c_str(), whole ? "and good-bye" : "and cut off");
  } catch (const io::tls_error& refused) {
    // Its what() has the address too, which is another one each time.
    std::printf("client: %s: not trusted\n", name.c_str());
  }
}

task<void> both() {
  io::tls_options server;
  server.certificate_pem = co_await make_identity();
  server.key_pem = server.certificate_pem;
  io::tls_options client;
  client.trusted_pem = server.certificate_pem;  // Else: the system's authorities.
  const io::tls_context of_server = io::tls_context::server(server);
  const io::tls_context of_client = io::tls_context::client(client);

  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  jackdaw::join_handle<void> serving = jackdaw::spawn(echo_one(listener, of_server));
  co_await talk(listener.local_address(), of_client, "jackdaw.example");
  co_await serving;

  serving = jackdaw::spawn(echo_one(listener, of_server));
  co_await talk(listener.local_address(), of_client, "magpie.example");
  try {
    co_await serving;
  } catch (const io::tls_error&) {
    std::printf("server: the client did not like our certificate\n");
  }
}

int main() { io::run(both(), io::mode::asyncio); }
