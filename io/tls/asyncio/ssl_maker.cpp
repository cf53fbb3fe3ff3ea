// What an ssl_context is made of: OpenSSL's TLS, by ssl_protocol.
#include <jackdaw/io/asyncio/ssl_context.hpp>
#include <jackdaw/io/tls/asyncio/ssl_protocol.hpp>
#include <jackdaw/io/tls/tls_context.hpp>

#include <memory>
#include <utility>

namespace jackdaw::io::asyncio {

namespace {

class openssl_maker final : public ssl_maker {
 public:
  explicit openssl_maker(const tls_context& context) : context_(context) {}

  [[nodiscard]] bool is_server() const noexcept override { return context_.is_server(); }
  [[nodiscard]] ssl_layer make(event_loop& loop, std::shared_ptr<base_protocol> speaker,
                               const ssl_setup& setup, future<void> waiter) const override {
    auto made = std::make_shared<ssl_protocol>(loop, context_, std::move(speaker), setup,
                                               std::move(waiter));
    ssl_layer layer;
    layer.above = made->app_transport();
    layer.below = std::move(made);
    return layer;
  }

 private:
  tls_context context_;
};

// A context for each connection: whether it checks a name depends on whether there is one.
class default_maker final : public ssl_maker {
 public:
  [[nodiscard]] bool is_server() const noexcept override { return false; }
  [[nodiscard]] ssl_layer make(event_loop& loop, std::shared_ptr<base_protocol> speaker,
                               const ssl_setup& setup, future<void> waiter) const override {
    tls_options options;
    if (setup.server_hostname.empty()) {
      options.verification = tls_verification::chain;
    }
    return openssl_maker(tls_context::client(options))
        .make(loop, std::move(speaker), setup, std::move(waiter));
  }
};

}  // namespace

ssl_context ssl_argument::of_the_system() { return ssl_context(std::make_shared<default_maker>()); }

ssl_context::ssl_context(const tls_context& context)
    : maker_(std::make_shared<openssl_maker>(context)) {}

}  // namespace jackdaw::io::asyncio
