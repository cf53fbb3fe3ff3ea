// Readers, writers and protocols for connections and servers.
#include <jackdaw/io/asyncio/streams.hpp>

namespace jackdaw::io::asyncio {
namespace {

task<stream> stream_over(jackdaw::io::socket connected, std::size_t limit, ssl_setup secure) {
  stream_reader reader(limit);
  auto told = std::make_shared<stream_reader_protocol>(reader, get_running_loop());
  auto begun = co_await begin_transport(std::move(connected), told, std::move(secure));
  stream_writer writer(std::move(begun), std::move(told), reader);
  co_return stream(std::move(reader), std::move(writer));
}

}  // namespace

task<stream> open_connection(std::string host, std::uint16_t port, std::size_t limit,
                             connection_options options) {
  auto secure = ssl_setup::of_client(options, host);
  auto connected = co_await connected_socket(std::move(host), port, std::move(options));
  auto opened = co_await stream_over(std::move(connected), limit, std::move(secure));
  co_return opened;
}

task<stream> open_connection(jackdaw::io::socket connected, std::size_t limit,
                             ssl_options options) {
  auto secure = ssl_setup::of_client(options, "");
  auto opened = co_await stream_over(std::move(connected), limit, std::move(secure));
  co_return opened;
}

task<stream> open_unix_connection(std::string path, std::size_t limit, ssl_options options) {
  auto secure = ssl_setup::of_client(options, "");
  auto connected = co_await connected_unix_socket(std::move(path));
  auto opened = co_await stream_over(std::move(connected), limit, std::move(secure));
  co_return opened;
}

protocol_factory stream_protocols(stream_handler handler, std::size_t limit) {
  return [handler = std::move(handler), limit]() -> std::shared_ptr<base_protocol> {
    return std::make_shared<stream_reader_protocol>(stream_reader(limit), get_running_loop(),
                                                    handler);
  };
}

}  // namespace jackdaw::io::asyncio
