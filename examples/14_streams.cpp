// asyncio's streams: a server that answers each line, and clients that ask, as a Python program would have it.
#include <jackdaw/io/asyncio/asyncio.hpp>
#include <jackdaw/io/io.hpp>

#include <cstdint>
#include <cstdio>
#include <string>

namespace io = jackdaw::io;
namespace aio = jackdaw::io::asyncio;
using jackdaw::task;

// A task of its own for each client. When it ends, its writer goes, and with that the connection.
task<void> answer(aio::stream_reader reader, aio::stream_writer writer) {
  while (true) {
    const std::string line = co_await reader.readline();
    if (line.empty()) {
      co_return;  // The client has no more questions.
    }
    writer.write("you said " + line);
    co_await writer.drain();  // Waits only for a client that does not read.
  }
}

task<std::string> ask(std::uint16_t port, std::string name) {
  auto [reader, writer] = co_await aio::open_connection("127.0.0.1", port);
  writer.write("hello from " + name + "\n");
  writer.write("goodbye\n");
  writer.write_eof();
  std::string answers = co_await reader.read();  // All, to the end.
  writer.close();
  co_await writer.wait_closed();
  co_return answers;
}

task<void> program() {
  const auto server = co_await aio::start_server(&answer, "127.0.0.1", 0);
  const std::uint16_t port = server->sockets().front().address().port();
  auto [ada, bob] = co_await jackdaw::gather(ask(port, "Ada"), ask(port, "Bob"));
  std::printf("%s%s", ada.c_str(), bob.c_str());
  server->close();
  co_await server->wait_closed();  // For the end of all connections, too.
  std::printf("closed\n");
}

int main() { io::run(program(), io::mode::asyncio); }
