"""What every Python program of the kit shares: see versus.hpp."""

import argparse
import asyncio
import sys
import time

NOT_APPLICABLE = 77
TIMERS_ARMED = 1_000
SKYNET_CHILDREN = 10
SKYNET_ROUNDS = 10


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--size", type=int, default=1)
    parser.add_argument("--tasks", type=int, default=1)
    parser.add_argument("--capacity", type=int, default=0)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    given = parser.parse_args()
    if given.workers != 1:
        not_applicable("one worker is all it has")
    if given.loop == "uvloop":
        try:
            import uvloop
        except ImportError:
            not_applicable("uvloop is not installed")
        uvloop.install()
    return given


def not_applicable(why):
    print(f"not applicable: {why}", file=sys.stderr)
    sys.exit(NOT_APPLICABLE)


def memory_bytes(key):
    """A line of /proc/self/status. Not getrusage(): its peak is at least that of the process that started this."""
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    raise KeyError(key)


def resident_bytes():
    return memory_bytes("VmRSS:")


class Stopwatch:
    """CPU time of the whole process, and wall time, from its construction to stop()."""

    def __init__(self):
        self.cpu_s = time.process_time()
        self.wall_s = time.perf_counter()

    def stop(self):
        self.wall_s = time.perf_counter() - self.wall_s
        self.cpu_s = time.process_time() - self.cpu_s


def report(watch, operations, correct, held=0):
    if not correct:
        sys.exit("wrong result")
    print(f'{{"ns": {watch.wall_s * 1e9 / operations:.4f}, "operations": {operations}, '
          f'"wall_s": {watch.wall_s:.6f}, "cpu_s": {watch.cpu_s:.6f}, '
          f'"peak_rss_bytes": {memory_bytes("VmHWM:")}, "bytes": {held:.1f}}}')


def run(problem):
    """Runs the coroutine function `problem(given)`, which reports."""
    asyncio.run(problem(parse()))


# -- The problems: see problems.hpp ------------------------------------------------------------------

def fib_number(n):
    previous, current = 0, 1
    for _ in range(n):
        previous, current = current, previous + current
    return previous


def fib_nodes(n):
    return 2 * fib_number(n + 1) - 1


def skynet_sum(leaves):
    return leaves * (leaves - 1) // 2


def skynet_nodes(leaves):
    return SKYNET_ROUNDS * (leaves * SKYNET_CHILDREN - 1) // (SKYNET_CHILDREN - 1)


QUEENS = {4: (2, 17), 6: (4, 153), 8: (92, 2_057), 10: (724, 35_539), 11: (2_680, 166_926),
          12: (14_200, 856_189), 13: (73_712, 4_674_890)}


def delays_ms():
    state = 1
    while True:
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        yield 10_000 + (state >> 8) % 100_000
