// The real libcurl against a server of a few lines: transfers together, cancelled, late, refused, cut off.
#include "../support/io_runtimes.hpp"
#include "../support/was_cancelled.hpp"
#include <jackdaw/adapters/curl.hpp>
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/gather.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace jackdaw::adapters {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;

class curl_test : public testing::io_test {};
JACKDAW_OVER_IO(curl_test, testing::all_io_kinds());

/// /never is not answered, /gate when somebody opens it, /gone is cut off, /<number> is a page of so many bytes.
class site {
 public:
  site() : listener_(io::tcp_listener::bind(io::address::loopback(0))) {
    root = "http://" + listener_.local_address().to_string();
    serving_ = spawn(serve(), "site");
  }
  /// Must be awaited before the end.
  task<void> close() {
    serving_->cancel();
    try {
      co_await *serving_;
    } catch (const cancelled_error&) {
    }
    for (const auto& each : answering_) {
      each.cancel();
    }
    for (const auto& each : answering_) {
      try {
        co_await each;
      } catch (...) {  // Also of connections that the client cut off.
      }
    }
  }

  std::string root;
  event asked;  // Somebody has asked for /never or /gate.
  event gate;

 private:
  task<void> serve() {
    while (true) {
      io::tcp_stream peer = co_await listener_.accept();
      answering_.push_back(spawn(answer(std::move(peer))));
    }
  }
  task<void> answer(io::tcp_stream peer) {
    io::buffered_reader reader(peer);
    while (true) {
      const std::string request = co_await reader.read_until("\r\n\r\n");
      const std::string path = request.substr(5, request.find(' ', 5) - 5);
      if (path == "gone") {
        co_return;
      }
      if (path == "never" || path == "gate") {
        asked.set();
        event& answerable = path == "gate" ? gate : never_;
        co_await answerable.wait();
      }
      const std::size_t size = path == "gate" ? 4 : std::stoul(path);
      const std::string page = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) +
                               "\r\n\r\n" + std::string(size, 'x');
      co_await peer.write_all(bytes_of(page));
    }
  }

  io::tcp_listener listener_;
  std::optional<join_handle<void>> serving_;
  std::vector<join_handle<void>> answering_;
  event never_;
};

class transfer {
 public:
  transfer() : easy(curl_easy_init(), &curl_easy_cleanup) {
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &transfer::append);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &body);
  }
  task<std::string> get(curl_client& client, std::string url) {
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    body.clear();
    co_await client.perform(easy.get());
    co_return body;
  }
  static std::size_t append(char* bytes, std::size_t size, std::size_t count, std::string* to) {
    to->append(bytes, size * count);
    return size * count;
  }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy;
  std::string body;
};

task<std::size_t> size_of(curl_client& client, std::string url) {
  transfer mine;
  const std::string body = co_await mine.get(client, url);
  co_return body.size();
}

task<int> code_of(curl_client& client, std::string url) {
  transfer mine;
  int code = 0;
  try {
    static_cast<void>(co_await mine.get(client, url));
  } catch (const curl_error& error) {
    code = error.code();
  }
  co_return code;
}

/// A site and a client; the site is closed however the test ends.
template <class F>
task<void> with_site(F test) {
  site pages;
  std::exception_ptr error;
  try {
    curl_client client;
    co_await test(pages, client);
  } catch (...) {
    error = std::current_exception();
  }
  co_await pages.close();
  if (error != nullptr) {
    std::rethrow_exception(error);
  }
}

TEST_P(curl_test, pages_of_any_size_are_fetched) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    for (const std::size_t size : {0U, 1U, 1000U, 3'000'000U}) {
      const std::size_t got = co_await size_of(client, pages.root + "/" + std::to_string(size));
      EXPECT_EQ(got, size);
    }
  }));
}

TEST_P(curl_test, a_connection_is_used_again) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    transfer mine;
    long connections = -1;
    static_cast<void>(co_await mine.get(client, pages.root + "/3"));
    curl_easy_getinfo(mine.easy.get(), CURLINFO_NUM_CONNECTS, &connections);
    EXPECT_EQ(connections, 1);
    static_cast<void>(co_await mine.get(client, pages.root + "/3"));
    curl_easy_getinfo(mine.easy.get(), CURLINFO_NUM_CONNECTS, &connections);
    EXPECT_EQ(connections, 0);
  }));
}

TEST_P(curl_test, many_transfers_go_on_at_once) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    std::vector<task<std::size_t>> fetching;
    for (std::size_t size = 0; size < 40; ++size) {
      fetching.push_back(size_of(client, pages.root + "/" + std::to_string(size * 1000)));
    }
    const std::vector<std::size_t> sizes = co_await gather(std::move(fetching));
    for (std::size_t each = 0; each < sizes.size(); ++each) {
      EXPECT_EQ(sizes[each], each * 1000);
    }
  }));
}

TEST_P(curl_test, a_cancelled_transfer_ends_and_its_handle_works_again) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    transfer mine;
    auto waiting = spawn(mine.get(client, pages.root + "/never"));
    co_await pages.asked.wait();
    waiting.cancel();
    const bool cancelled = co_await testing::was_cancelled(waiting);
    EXPECT_TRUE(cancelled);
    const std::string body = co_await mine.get(client, pages.root + "/5");
    EXPECT_EQ(body, "xxxxx");
  }));
}

TEST_P(curl_test, a_transfer_can_be_cancelled_before_it_begins) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    for (int turns = 0; turns < 6; ++turns) {
      auto waiting = spawn(size_of(client, pages.root + "/never"));
      for (int turn = 0; turn < turns; ++turn) {
        co_await yield();
      }
      waiting.cancel();
      const bool cancelled = co_await testing::was_cancelled(waiting);
      EXPECT_TRUE(cancelled);
    }
  }));
}

TEST_P(curl_test, a_transfer_can_have_a_deadline) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    bool timed_out = false;
    try {
      static_cast<void>(co_await timeout(20ms, size_of(client, pages.root + "/never")));
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
  }));
}

TEST_P(curl_test, the_others_go_on_when_the_driver_is_cancelled) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    auto driver = spawn(size_of(client, pages.root + "/never"));
    co_await pages.asked.wait();
    auto passenger = spawn(size_of(client, pages.root + "/gate"));
    co_await sleep(1ms);
    driver.cancel();
    pages.gate.set();
    const std::size_t size = co_await passenger;
    EXPECT_EQ(size, 4U);
    const bool cancelled = co_await testing::was_cancelled(driver);
    EXPECT_TRUE(cancelled);
  }));
}

TEST_P(curl_test, libcurls_own_timer_works) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    transfer mine;
    curl_easy_setopt(mine.easy.get(), CURLOPT_TIMEOUT_MS, 30L);
    int code = 0;
    try {
      static_cast<void>(co_await mine.get(client, pages.root + "/never"));
    } catch (const curl_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, CURLE_OPERATION_TIMEDOUT);
  }));
}

TEST_P(curl_test, a_server_that_goes_away_or_is_not_there_is_an_error) {
  run(with_site([](site& pages, curl_client& client) -> task<void> {
    const int gone = co_await code_of(client, pages.root + "/gone");
    EXPECT_EQ(gone, CURLE_GOT_NOTHING);
    std::string nobody;
    {
      auto closed = io::tcp_listener::bind(io::address::loopback(0));
      nobody = "http://" + closed.local_address().to_string() + "/";
    }
    const int refused = co_await code_of(client, nobody);
    EXPECT_EQ(refused, CURLE_COULDNT_CONNECT);
    const std::size_t size = co_await size_of(client, pages.root + "/7");
    EXPECT_EQ(size, 7U) << "others are not concerned";
  }));
}

TEST_P(curl_test, a_run_ends_while_a_transfer_is_in_flight) {
  struct body {
    static task<void> forever(std::shared_ptr<curl_client> client, std::string url) {
      static_cast<void>(co_await size_of(*client, url));
    }
    static task<void> run(std::string url) {
      auto client = std::make_shared<curl_client>();
      spawn(forever(client, url));
      spawn(forever(client, url));
      client.reset();
      co_await sleep(2ms);
    }
  };
  // Nobody answers, and it outlives the run: closed by a task, it might end a transfer that is not cancelled yet.
  const auto silent = io::tcp_listener::bind(io::address::loopback(0));
  run(body::run("http://" + silent.local_address().to_string() + "/"));
}

}  // namespace
}  // namespace jackdaw::adapters
