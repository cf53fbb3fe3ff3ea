"""The problems: which program solves them, how big they are, and in what they are counted."""

import dataclasses


@dataclasses.dataclass(frozen=True, eq=False)
class Problem:
    name: str
    title: str
    directory: str
    size: int
    # So small that ctest can afford it.
    small: int
    # What one operation is.
    operation: str
    # More arguments for the program: see README.md.
    arguments: tuple = ()
    # Sizes for those for whom `size` would take minutes. A figure per operation can still be compared.
    sizes: dict = dataclasses.field(default_factory=dict)
    # What is compared: a key of the program's line.
    quantity: str = "ns"

    def size_for(self, library, small):
        if small:
            return self.small
        return self.sizes.get(library, self.size)


PROBLEMS = {problem.name: problem for problem in (
    Problem("fib", "fib: recursive fork and join", "fib", 32, 12, "per call",
            sizes={"async": 16, "asio": 20, "tokio": 27, "go": 27, "asyncio": 20, "uvloop": 20}),
    Problem("skynet", "skynet: a tree of a million leaves", "skynet", 1_000_000, 100, "per node",
            sizes={"asyncio": 10_000, "uvloop": 10_000, "tokio": 100_000, "go": 100_000}),
    Problem("nqueens", "nqueens: an irregular search", "nqueens", 12, 6, "per node",
            sizes={"asyncio": 8, "uvloop": 8, "go": 11, "tokio": 11}),
    Problem("matmul", "matmul: a regular one, with work in it", "matmul", 1024, 64, "per product"),
    Problem("await", "await a child", "await", 20_000_000, 1_000, "per await",
            sizes={"asyncio": 1_000_000, "uvloop": 1_000_000}),
    Problem("spawn_await", "spawn a child and await it", "spawn_await", 500_000, 100, "per child",
            sizes={"async": 20_000, "asyncio": 50_000, "uvloop": 50_000}),
    Problem("spawn", "spawn a million tasks", "spawn", 1_000_000, 100, "per task",
            sizes={"thread": 20_000, "asyncio": 100_000, "uvloop": 100_000}),
    Problem("yield_1", "yield: one task", "yield", 5_000_000, 1_000, "per yield", ("--tasks", "1"),
            sizes={"thread": 500_000, "asyncio": 200_000, "uvloop": 200_000}),
    Problem("yield_1000", "yield: a thousand tasks", "yield", 5_000_000, 10_000, "per yield",
            ("--tasks", "1000"), sizes={"thread": 500_000, "asyncio": 200_000, "uvloop": 200_000}),
    Problem("ping_pong", "two tasks wake each other", "ping_pong", 2_000_000, 1_000, "per switch",
            sizes={"thread": 100_000, "asyncio": 100_000, "uvloop": 100_000}),
    Problem("channel_bounded", "channel of 1024, two producers", "channel", 2_000_000, 5_000, "per message",
            ("--tasks", "2", "--capacity", "1024"), sizes={"asyncio": 200_000, "uvloop": 200_000}),
    Problem("channel_unbounded", "channel without a bound, one producer", "channel", 2_000_000, 5_000,
            "per message", ("--tasks", "1"), sizes={"asyncio": 200_000, "uvloop": 200_000}),
    Problem("timers", "arm a timer and cancel it, among 1000", "timers", 1_000_000, 5_000, "per timer",
            sizes={"asyncio": 100_000, "uvloop": 100_000}),
    Problem("memory", "memory of a suspended task", "memory", 200_000, 1_000, "per task",
            sizes={"thread": 2_000}, quantity="bytes"),
    Problem("start_stop", "start a runtime, run a task, stop it", "start_stop", 500, 5, "per cycle",
            sizes={"asyncio": 200, "uvloop": 200}),
    Problem("post", "post from a thread outside", "post", 500_000, 500, "per post",
            sizes={"asyncio": 100_000, "uvloop": 100_000}),
)}
