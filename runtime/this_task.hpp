// What a task may ask and say about itself.
#pragma once

#include <jackdaw/runtime/scheduler.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace jackdaw::this_task {

/// All of these: in a task; no suspension; cheap.
[[nodiscard]] std::string name();
void set_name(std::string_view name);
/// The number of cancellation requests not taken back. asyncio: current_task().cancelling().
[[nodiscard]] std::uint32_t cancelling();
/// Takes one back; returns how many are left. asyncio: current_task().uncancel().
std::uint32_t uncancel();
/// Asks for the end of the current task: delivered at its next suspension.
void cancel(std::string_view message = {});
[[nodiscard]] jackdaw::scheduler& scheduler();

}  // namespace jackdaw::this_task
