// Readers and a writer for a child's pipes.
#include <jackdaw/io/asyncio/subprocess.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/gather.hpp>

#include <cerrno>
#include <stdexcept>
#include <tuple>

namespace jackdaw::io::asyncio {
namespace {

task<std::string> nothing_to_do() { co_return std::string(); }

task<process> create(process_options options, std::size_t limit) {
  auto told = std::make_shared<subprocess_stream_protocol>(limit, get_running_loop());
  auto begun = co_await begin_subprocess(std::move(options), told);
  process made(std::move(begun), std::move(told));
  co_return made;
}

}  // namespace

// -- The protocol ---------------------------------------------------------------------------------

subprocess_stream_protocol::subprocess_stream_protocol(std::size_t limit,
                                                       jackdaw::asyncio::event_loop& loop)
    : limit_(limit), flow_(std::make_shared<stream_reader_protocol>(stream_reader(limit), loop)) {}

void subprocess_stream_protocol::connection_made(
    const std::shared_ptr<subprocess_transport>& made) {
  transport_ = made;
  for (const int descriptor : {1, 2}) {
    if (auto pipe = made->get_pipe_transport(descriptor)) {
      auto& reader = *reader_of(descriptor);
      reader.emplace(limit_);
      reader->set_transport(std::move(pipe));
      ++open_outputs_;
    }
  }
  if (auto pipe = made->get_pipe_transport(0)) {
    input_.emplace(std::move(pipe), flow_, std::nullopt);
  }
}

std::optional<stream_reader>* subprocess_stream_protocol::reader_of(int descriptor) noexcept {
  return descriptor == 1 ? &output_ : &errors_;
}

void subprocess_stream_protocol::pipe_data_received(int descriptor, std::string_view data) {
  if (const auto& reader = *reader_of(descriptor)) {
    reader->feed_data(data);
  }
}

void subprocess_stream_protocol::pipe_connection_lost(int descriptor, std::exception_ptr error) {
  if (descriptor == 0) {
    if (input_) {
      input_->close();
    }
    flow_->connection_lost(error);
    return;
  }
  if (const auto& reader = *reader_of(descriptor)) {
    if (error == nullptr) {
      reader->feed_eof();
    } else {
      reader->set_exception(error);
    }
    --open_outputs_;
  }
  maybe_close();
}

void subprocess_stream_protocol::process_exited() {
  exited_ = true;
  maybe_close();
}

void subprocess_stream_protocol::maybe_close() {
  if (open_outputs_ == 0 && exited_) {
    if (const auto ended = std::exchange(transport_, nullptr)) {
      ended->close();
    }
  }
}

// -- The handle -----------------------------------------------------------------------------------

process::process(std::shared_ptr<subprocess_transport> begun,
                 std::shared_ptr<subprocess_stream_protocol> told)
    : standard_input(told->input_),
      standard_output(told->output_),
      standard_error(told->errors_),
      transport_(std::move(begun)) {}

task<std::string> process::feed(process child, std::string input) {
  try {
    if (!input.empty()) {
      child.standard_input->write(input);
    }
    co_await child.standard_input->drain();
  } catch (const io::error& failed) {
    if (failed.number() != EPIPE && failed.number() != ECONNRESET) {
      throw;
    }
  }
  child.standard_input->close();
  co_return std::string();
}

task<std::string> process::drain(process child, int descriptor) {
  const auto pipe = child.transport_->get_pipe_transport(descriptor);
  const auto& reader = descriptor == 1 ? child.standard_output : child.standard_error;
  std::string all = co_await reader->read();
  pipe->close();
  co_return all;
}

task<std::pair<std::string, std::string>> process::communicate_with(process child,
                                                                    std::string input) {
  if (!input.empty() && !child.standard_input) {
    throw std::logic_error("communicate() with input for a child whose input is no pipe");
  }
  std::vector<task<std::string>> all;
  all.push_back(child.standard_input ? feed(child, std::move(input)) : nothing_to_do());
  all.push_back(child.standard_output ? drain(child, 1) : nothing_to_do());
  all.push_back(child.standard_error ? drain(child, 2) : nothing_to_do());
  auto together = gather(std::move(all));
  std::vector<std::string> texts = co_await together;
  co_await child.wait();
  co_return std::pair<std::string, std::string>(std::move(texts[1]), std::move(texts[2]));
}

task<process> create_subprocess_exec(process_options options, std::size_t limit) {
  auto made = co_await create(std::move(options), limit);
  co_return made;
}

task<process> create_subprocess_shell(std::string command, process_options options,
                                      std::size_t limit) {
  process_options shell = shell_options(std::move(command), std::move(options));
  auto made = co_await create(std::move(shell), limit);
  co_return made;
}

}  // namespace jackdaw::io::asyncio
