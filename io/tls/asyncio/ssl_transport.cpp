// Passing on.
#include <jackdaw/io/tls/asyncio/ssl_protocol.hpp>
#include <jackdaw/io/tls/asyncio/ssl_transport.hpp>

#include <stdexcept>
#include <utility>

namespace jackdaw::io::asyncio {

void ssl_transport::close() {
  if (!closed_) {
    closed_ = true;
    protocol_->start_shutdown();
  }
}

void ssl_transport::force_close(const std::exception_ptr& error) {
  closed_ = true;
  protocol_->abort(error);
}

void ssl_transport::set_protocol(std::shared_ptr<base_protocol> next) {
  protocol_->set_app_protocol(std::move(next));
}

std::shared_ptr<base_protocol> ssl_transport::get_protocol() const {
  return protocol_->app_protocol();
}

const extra_info& ssl_transport::get_extra_info() const noexcept { return protocol_->extra(); }

bool ssl_transport::is_reading() const noexcept { return !protocol_->is_app_reading_paused(); }
void ssl_transport::pause_reading() { protocol_->pause_app_reading(); }
void ssl_transport::resume_reading() { protocol_->resume_app_reading(); }

bool ssl_transport::is_protocol_paused() const noexcept {
  return protocol_->is_app_writing_paused();
}

std::size_t ssl_transport::get_write_buffer_size() const noexcept {
  return protocol_->write_buffer_size();
}

write_buffer_limits ssl_transport::get_write_buffer_limits() const noexcept {
  return protocol_->write_limits();
}

void ssl_transport::set_write_buffer_limits(std::optional<std::size_t> high,
                                            std::optional<std::size_t> low) {
  protocol_->set_write_limits(high, low);
}

void ssl_transport::write(std::string_view data) {
  if (!data.empty()) {
    protocol_->write_app_data(std::span(&data, 1));
  }
}

void ssl_transport::writelines(std::span<const std::string_view> lines) {
  protocol_->write_app_data(lines);
}

void ssl_transport::write_eof() {
  throw std::runtime_error("TLS cannot end one side of a connection");
}

}  // namespace jackdaw::io::asyncio
