// Protocols: what is called for a connection or for datagrams. Derive, override, give to a transport.
//
//   connection_made ── (data_received | buffer_updated)* ── eof_received? ── connection_lost
//                       pause_writing, resume_writing: any time in between, in turns
//
// Everything is called on the loop's thread. connection_made comes first and connection_lost last, once, from
// the loop; so it never runs inside of close() (S201). pause_writing is the exception: it is called inside of
// the write() that fills the buffer (S208). What a protocol throws is reported; out of data_received,
// buffer_updated, get_buffer and eof_received it also ends the connection (S209).
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string_view>

namespace jackdaw::io::asyncio {

class datagram_transport;
class socket_name;
class transport;

/// Source        asyncio.BaseProtocol.
/// Lifetime      The transport shares it until connection_lost has returned.
class base_protocol {
 public:
  base_protocol() = default;
  base_protocol(const base_protocol&) = delete;
  base_protocol& operator=(const base_protocol&) = delete;
  virtual ~base_protocol();

  /// The connection is over: null if it was closed or aborted here, or the peer has ended it; else the error.
  virtual void connection_lost(std::exception_ptr error);
  /// The transport's buffer has grown above the high-water mark; below the low one resume_writing() comes.
  virtual void pause_writing();
  virtual void resume_writing();
};

/// What protocols of streams have in common.
class connection_protocol : public base_protocol {
 public:
  virtual void connection_made(const std::shared_ptr<transport>& made);
  /// The peer will send no more. False, the default: the transport closes itself. True: it stays open for
  /// writing (S202).
  virtual bool eof_received();
};

/// Source        asyncio.Protocol.
class protocol : public connection_protocol {
 public:
  /// Lifetime      `data` is the transport's, and gone when this returns.
  virtual void data_received(std::string_view data);
};

/// Says where the bytes go, and is told how many came (S212). Source: asyncio.BufferedProtocol.
class buffered_protocol : public connection_protocol {
 public:
  /// Where the next bytes go: at least one. `size_hint` is -1 if nothing is known.
  virtual std::span<std::byte> get_buffer(std::ptrdiff_t size_hint) = 0;
  virtual void buffer_updated(std::size_t count) = 0;
};

/// Source        asyncio.DatagramProtocol.
class datagram_protocol : public base_protocol {
 public:
  virtual void connection_made(const std::shared_ptr<datagram_transport>& made);
  /// Lifetime      As data_received().
  virtual void datagram_received(std::string_view data, const socket_name& from);
  /// A send or receive failed, as when nobody listens there; the endpoint lives on.
  virtual void error_received(std::exception_ptr error);
};

}  // namespace jackdaw::io::asyncio
