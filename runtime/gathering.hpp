// The future that gather() returns: done when all its children are, or the first of them failed.
//
//   child ends ──► its callback, in the run queue ──► counted here ──► the last, or a failure, ends us
//
// That callback is the third hop of asyncio's gather(). A cancellation goes to all children that are not
// done; from then on their end is what ends us, with a cancelled_error (asyncio: _cancel_requested).
// Each child that is not done holds a reference, so that it finds us when it ends; we hold the children, for
// their results. So a future that is gathered must be ended or cancelled by somebody: if it is dropped by all
// others before, it and the gathering keep each other.
#pragma once

#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/work.hpp>

#include <cstddef>
#include <exception>
#include <string_view>
#include <vector>

namespace jackdaw {

class gathering_base : public future_base {
 public:
  bool request_cancel(std::string_view message = {}) noexcept override;
  [[nodiscard]] std::exception_ptr exception() const noexcept override { return error_; }

  /// The gathering, if `node` is one of its children's; else null. For call graphs.
  [[nodiscard]] static future_base* gathering_of(const completion_node& node) noexcept;

 protected:
  /// `keep_exceptions`: a child that fails ends nothing (asyncio: return_exceptions).
  gathering_base(scheduler& home, std::vector<future_reference> children, bool keep_exceptions);
  ~gathering_base() override;

  /// Begins to count. What was done before counts now, without a hop.
  void watch();
  /// All children are done, and none of them decided: moves their results together.
  virtual void collect() = 0;

 private:
  struct child_node : completion_node, work {
    child_node(gathering_base& owner, std::size_t position) noexcept
        : completion_node(&child_node::notified, &child_node::forgotten),
          work(&child_node::ended),
          gathering(&owner),
          index(position) {}
    static void notified(completion_node& self) noexcept;
    static void forgotten(completion_node& self) noexcept;
    static void ended(work& self);
    gathering_base* gathering;
    std::size_t index;
  };

  void child_ended(std::size_t index) noexcept;
  [[nodiscard]] std::exception_ptr try_collect() noexcept;
  void end(std::exception_ptr error) noexcept;

  std::vector<future_reference> children_;
  std::vector<child_node> nodes_;  // As many as children from the start: their addresses stay.
  const bool keep_exceptions_;
  std::exception_ptr error_;
  // Under lock_.
  std::size_t unfinished_;
  bool cancel_requested_ = false;
  unsigned requests_under_way_ = 0;
  bool ending_ = false;
  bool ended_by_request_ = false;
};

}  // namespace jackdaw
