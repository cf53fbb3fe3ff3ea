// Question: what does a read of a file cost, by the ring, by the blocking pool, on the spot with the pool
// for what is not in memory, and by plain threads; and how long does a copy take beside cp?
// Not the question: how fast the disk is. Cold reads are of a virtual machine's disk, whose host has a cache.
//
// The file is in the directory for temporary files, and removed at the end. A copy of another size than 64 MiB:
// JACKDAW_COPY_MIB=1024.
#include <jackdaw/io/io.hpp>
#include <jackdaw/io/operation.hpp>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t file_bytes = 64 * mebibyte;
constexpr std::size_t small_bytes = 4096;

enum way : std::int64_t { on_ring, in_pool, on_the_spot, plain, on_the_spot_epoll, by_threads };

const char* name_of(way how) {
  switch (how) {
    case on_ring:
      return "ring";
    case in_pool:
      return "to_thread(pread)";
    case on_the_spot:
      return "io::file, io_uring";
    case plain:
      return "pread in the worker";
    case on_the_spot_epoll:
      return "io::file, epoll";
    case by_threads:
      return "a thread per reader";
  }
  return "";
}

/// A file of zeroes with its name, gone at the end.
class temporary_file {
 public:
  explicit temporary_file(std::size_t bytes)
      : path_(std::filesystem::temp_directory_path() /
              ("jackdaw-bench-" + std::to_string(::getpid()) + "-" + std::to_string(bytes))) {
    const io::file_descriptor made(
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const std::vector<std::byte> piece(mebibyte, std::byte{1});
    for (std::size_t written = 0; written < bytes; written += piece.size()) {
      if (::write(made.get(), piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) {
        throw io::error(errno, "write", path_.string());
      }
    }
    ::fsync(made.get());
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

const temporary_file& shared_file() {
  static const temporary_file made(file_bytes);
  return made;
}

/// What one reader has for itself: its position too, by which the ring is told where to read.
struct reader {
  io::file opened;
  io::file_descriptor own;
  std::vector<std::byte> into;
  std::minstd_rand numbers;
  std::uint64_t next = 0;

  [[nodiscard]] std::uint64_t next_offset() {
    if (into.size() > small_bytes) {
      next = (next + into.size()) % file_bytes;
      return next;
    }
    return numbers() % (file_bytes / into.size()) * into.size();
  }
};

std::vector<std::byte> read_in_thread(int descriptor, std::uint64_t offset, std::size_t size) {
  std::vector<std::byte> bytes(size);
  bytes.resize(static_cast<std::size_t>(
      ::pread(descriptor, bytes.data(), size, static_cast<off_t>(offset))));
  return bytes;
}

io::request read_request(io::file_descriptor& from, std::span<std::byte> into) {
  io::request wanted;
  wanted.code = io::opcode::read;
  wanted.descriptor = from.get();
  wanted.memory = into.data();
  wanted.length = into.size();
  wanted.owner = &from;
  return wanted;
}

task<std::size_t> read_once(way how, reader& by) {
  const std::uint64_t offset = by.next_offset();
  if (how == on_the_spot || how == on_the_spot_epoll) {
    co_return co_await by.opened.read_at(offset, by.into);
  }
  if (how == in_pool) {
    const std::vector<std::byte> bytes =
        co_await to_thread(&read_in_thread, by.own.get(), offset, by.into.size());
    std::copy(bytes.begin(), bytes.end(), by.into.begin());
    co_return bytes.size();
  }
  if (how == plain) {
    co_return static_cast<std::size_t>(
        ::pread(by.own.get(), by.into.data(), by.into.size(), static_cast<off_t>(offset)));
  }
  ::lseek(by.own.get(), static_cast<off_t>(offset), SEEK_SET);
  const io::result<std::size_t> count =
      co_await io::transfer_operation(read_request(by.own, by.into), "read");
  co_return *count;
}

task<void> read_some(way how, reader& by, std::size_t count) {
  for (std::size_t index = 0; index < count; ++index) {
    const std::size_t got = co_await read_once(how, by);
    benchmark::DoNotOptimize(got);
  }
}

std::vector<std::unique_ptr<reader>> make_readers(const benchmark::State& state) {
  std::vector<std::unique_ptr<reader>> readers;
  for (std::int64_t index = 0; index < state.range(3); ++index) {
    auto made = std::make_unique<reader>();
    made->own = io::file_descriptor(::open(shared_file().path().c_str(), O_RDONLY | O_CLOEXEC));
    made->into.resize(static_cast<std::size_t>(state.range(1)));
    made->numbers.seed(static_cast<unsigned>(index + 1));
    made->next = static_cast<std::uint64_t>(index) * 7 * mebibyte;
    readers.push_back(std::move(made));
  }
  return readers;
}

std::size_t reads_of_each(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(1)) > small_bytes ? 8 : 64;
}

void count_reads(benchmark::State& state, std::size_t each) {
  const auto reads = state.iterations() * static_cast<std::int64_t>(each) * state.range(3);
  state.SetItemsProcessed(reads);
  state.SetBytesProcessed(reads * state.range(1));
}

task<void> measure_reads(benchmark::State& state) {
  const auto how = static_cast<way>(state.range(0));
  const bool cold = state.range(2) != 0;
  const std::size_t each = reads_of_each(state);
  auto readers = make_readers(state);
  for (const auto& one : readers) {
    one->opened = co_await io::file::open(shared_file().path());
  }
  static_cast<void>(co_await io::read_file(shared_file().path()));
  for (auto _ : state) {
    if (cold) {
      ::posix_fadvise(readers[0]->own.get(), 0, 0, POSIX_FADV_DONTNEED);
    }
    const auto begin = std::chrono::steady_clock::now();
    std::vector<task<void>> all;
    for (const auto& one : readers) {
      all.push_back(read_some(how, *one, each));
    }
    co_await gather(std::move(all));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(taken.count());
  }
  count_reads(state, each);
  co_return;
}

// The same without the library: threads that are there already, let go together.
void measure_threads(benchmark::State& state) {
  const bool cold = state.range(2) != 0;
  const std::size_t each = reads_of_each(state);
  auto readers = make_readers(state);
  std::atomic<bool> over{false};
  std::barrier gate(static_cast<std::ptrdiff_t>(readers.size() + 1));
  std::vector<std::jthread> threads;
  for (const auto& one : readers) {
    threads.emplace_back([&gate, &over, each, by = one.get()] {
      for (gate.arrive_and_wait(); !over.load(); gate.arrive_and_wait()) {
        for (std::size_t index = 0; index < each; ++index) {
          const ssize_t got = ::pread(by->own.get(), by->into.data(), by->into.size(),
                                      static_cast<off_t>(by->next_offset()));
          benchmark::DoNotOptimize(got);
        }
        gate.arrive_and_wait();
      }
    });
  }
  for (auto _ : state) {
    if (cold) {
      ::posix_fadvise(readers[0]->own.get(), 0, 0, POSIX_FADV_DONTNEED);
    }
    const auto begin = std::chrono::steady_clock::now();
    gate.arrive_and_wait();
    gate.arrive_and_wait();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(taken.count());
  }
  over = true;
  gate.arrive_and_wait();
  count_reads(state, each);
}

// Arguments: the way (as `enum way` has them), bytes of a read (4 KiB at random, 1 MiB in order), whether the file
// is thrown out of memory before, readers at a time. Pools have one worker. Compare by
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=9: neighbours on the machine come and go.
void read_files(benchmark::State& state) {
  const auto how = static_cast<way>(state.range(0));
  state.SetLabel(name_of(how));
  if (how == by_threads) {
    measure_threads(state);
    return;
  }
  io::options options;
  options.mode = io::mode::multi_thread;
  options.workers = 1;
  options.backend = how == on_the_spot_epoll ? io::backend::epoll : io::backend::io_uring;
  try {
    io::run(measure_reads(state), options);
  } catch (const io::error& refused) {
    state.SkipWithError(refused.what());
  }
}
BENCHMARK(read_files)
    ->ArgNames({"way", "bytes", "cold", "readers"})
    ->ArgsProduct({{on_ring, in_pool, on_the_spot, plain, on_the_spot_epoll, by_threads},
                   {static_cast<std::int64_t>(small_bytes), static_cast<std::int64_t>(mebibyte)},
                   {0, 1},
                   {1, 16}})
    ->UseManualTime();

std::size_t copy_bytes() {
  const char* const wanted = std::getenv("JACKDAW_COPY_MIB");
  return mebibyte * (wanted == nullptr ? 64 : std::strtoull(wanted, nullptr, 10));
}

// Arguments: 0: copy_file(), 1: cp.
void copy_files(benchmark::State& state) {
  const temporary_file from(copy_bytes() + mebibyte);
  const std::string to = from.path() + "-copy";
  for (auto _ : state) {
    if (state.range(0) == 0) {
      io::run(io::copy_file(from.path(), to));
    } else if (std::system(("cp " + from.path() + " " + to).c_str()) != 0) {
      state.SkipWithError("cp failed");
    }
    state.PauseTiming();
    std::filesystem::remove(to);
    // What is still to be written back would slow the next one down.
    ::sync();
    state.ResumeTiming();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(copy_bytes() + mebibyte));
}
BENCHMARK(copy_files)->ArgName("cp")->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace jackdaw::benchmarks
