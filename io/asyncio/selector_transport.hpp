// What transports over a descriptor have in common: flow control, closing, being lost.
//
// Turns
// -----
// A transport begins with three callbacks in the ready queue, in this order: connection_made, the
// beginning of reading, the wake-up of whoever waits for the transport. So the protocol knows its transport
// before its creator has it, and no data can come before both (S200). The end is a callback too (S201),
// except that the transport which was closed with a full buffer ends where its last byte is sent.
//
// Owners
// ------
// The loop keeps the transport (selector::keep) until it is lost, the transport keeps the protocol as long, and
// a protocol may keep the transport: that circle is opened when the connection is lost, or the loop closed.
#pragma once

#include <jackdaw/io/asyncio/protocols.hpp>
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/transports.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/future.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace jackdaw::io::asyncio {

class selector_transport;

/// Counts the transports that it began: a server.
class transport_counter {
 public:
  transport_counter() = default;
  transport_counter(const transport_counter&) = delete;
  transport_counter& operator=(const transport_counter&) = delete;
  virtual ~transport_counter() = default;
  virtual void attach(selector_transport& begun) noexcept = 0;
  virtual void detach(selector_transport& lost) noexcept = 0;
};

/// Python's OSError: what the world does, and no mistake of the program's.
[[nodiscard]] bool is_os_error(const std::exception_ptr& error) noexcept;

class selector_transport : public virtual buffering_transport,
                           public kept_open,
                           public list_links,
                           public std::enable_shared_from_this<selector_transport> {
 public:
  ~selector_transport() override;

  void close() override;
  void abort() override { lose(nullptr); }
  [[nodiscard]] bool is_closing() const noexcept override { return closing_; }
  [[nodiscard]] std::shared_ptr<base_protocol> get_protocol() const override { return protocol_; }
  void set_protocol(std::shared_ptr<base_protocol> next) override;
  [[nodiscard]] const extra_info& get_extra_info() const noexcept override { return extra_; }
  [[nodiscard]] write_buffer_limits get_write_buffer_limits() const noexcept override {
    return limits_;
  }
  void set_write_buffer_limits(std::optional<std::size_t> high,
                               std::optional<std::size_t> low) override;
  void abandon() noexcept override;
  void let_go() noexcept override;

 protected:
  selector_transport(event_loop& loop, jackdaw::io::socket connected,
                     std::shared_ptr<transport_counter> counter);

  /// The three callbacks; `made` calls the protocol. Once, when the object is owned.
  void begin(std::function<void()> made, std::optional<future<void>> waiter);

  virtual void read_ready() = 0;
  virtual void write_ready() = 0;
  virtual void drop_buffer() noexcept = 0;
  /// The connection is lost, and the protocol knows.
  virtual void fail_waiters() {}

  void begin_to_read();
  void stop_reading() noexcept;
  void begin_to_write();
  void stop_writing() noexcept;
  void maybe_pause_protocol();
  void maybe_resume_protocol();
  /// Ends the connection with an error, which is reported if it is a mistake.
  void fatal_error(const std::exception_ptr& error, const char* message);
  void lose(const std::exception_ptr& error);
  void call_connection_lost(const std::exception_ptr& error);
  /// A write after the end: true, and dropped.
  [[nodiscard]] bool drop_write_after_loss();

  [[nodiscard]] int descriptor() const noexcept { return extra_.socket; }
  [[nodiscard]] bool is_lost() const noexcept { return lost_count_ > 0; }
  [[nodiscard]] event_loop& loop() const noexcept { return *loop_; }
  [[nodiscard]] selector& selects() const { return selector::of(*loop_); }

  [[nodiscard]] bool has_paused_protocol() const noexcept { return protocol_paused_; }

  bool paused_ = false;

 private:
  struct reader : ready_callback {
    explicit reader(selector_transport& transport) noexcept
        : ready_callback(&reader::ready), owner(&transport) {}
    static void ready(ready_callback& self);
    selector_transport* owner;
  };
  struct writer : ready_callback {
    explicit writer(selector_transport& transport) noexcept
        : ready_callback(&writer::ready), owner(&transport) {}
    static void ready(ready_callback& self);
    selector_transport* owner;
  };

  void release() noexcept;

  event_loop* loop_;
  jackdaw::io::socket socket_;
  extra_info extra_;
  std::shared_ptr<base_protocol> protocol_;
  std::shared_ptr<transport_counter> counter_;
  std::optional<selector::keeper> kept_;
  reader reader_{*this};
  writer writer_{*this};
  write_buffer_limits limits_;
  unsigned lost_count_ = 0;  // Above 0: connection_lost() is on its way; then it counts writes.
  bool closing_ = false;
  bool protocol_paused_ = false;
};

}  // namespace jackdaw::io::asyncio
