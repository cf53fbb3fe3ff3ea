// Transfers by libcurl, awaited: three pages at once, and one with a deadline, of a server in the same program.
#include <jackdaw/adapters/curl.hpp>
#include <jackdaw/io/io.hpp>

#include <curl/curl.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

namespace adapters = jackdaw::adapters;
namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

task<void> answer(io::tcp_stream peer) {
  io::buffered_reader reader(peer);
  const std::string request = co_await reader.read_until("\r\n\r\n");
  if (request.starts_with("GET /slow")) {
    co_await jackdaw::sleep(1h);
  }
  const std::string body = "you asked: " + request.substr(0, request.find(" HTTP"));
  const std::string page = "HTTP/1.0 200 OK\r\n\r\n" + body;
  co_await peer.write_all(std::as_bytes(std::span(page)));
}

task<void> serve(io::tcp_listener listener) {
  while (true) {
    jackdaw::spawn(answer(co_await listener.accept()));
  }
}

std::size_t append(char* bytes, std::size_t size, std::size_t count, std::string* to) {
  to->append(bytes, size * count);
  return size * count;
}

task<std::string> fetch(adapters::curl_client& client, std::string url) {
  std::string body;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &body);
  co_await client.perform(easy.get());
  co_return body;
}

task<void> pages() {
  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  const std::string site = "http://" + listener.local_address().to_string();
  jackdaw::spawn(serve(std::move(listener)), "server");

  adapters::curl_client client;
  const auto [a, b, c] = co_await jackdaw::gather(
      fetch(client, site + "/one"), fetch(client, site + "/two"), fetch(client, site + "/three"));
  std::printf("%s\n%s\n%s\n", a.c_str(), b.c_str(), c.c_str());
  try {
    co_await jackdaw::timeout(50ms, fetch(client, site + "/slow"));
  } catch (const jackdaw::timeout_error&) {
    std::printf("gave up on /slow\n");
  }
}

int main() { io::run(pages()); }
