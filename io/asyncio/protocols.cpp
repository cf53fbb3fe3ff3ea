// What protocols do that do not care.
#include <jackdaw/io/asyncio/protocols.hpp>

namespace jackdaw::io::asyncio {

base_protocol::~base_protocol() = default;
void base_protocol::connection_lost(std::exception_ptr /*error*/) {}
void base_protocol::pause_writing() {}
void base_protocol::resume_writing() {}

void connection_protocol::connection_made(const std::shared_ptr<transport>& /*made*/) {}
bool connection_protocol::eof_received() { return false; }

void protocol::data_received(std::string_view /*data*/) {}

void datagram_protocol::connection_made(const std::shared_ptr<datagram_transport>& /*made*/) {}
void datagram_protocol::datagram_received(std::string_view /*data*/, const socket_name& /*from*/) {}
void datagram_protocol::error_received(std::exception_ptr /*error*/) {}

}  // namespace jackdaw::io::asyncio
