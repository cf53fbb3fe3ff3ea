#!/usr/bin/env python3
"""The problems of problems.cpp, in Python: each function there is the function of the same name here.

    problems.py PROBLEM COUNT [--loop asyncio | uvloop]

Prints one line of JSON: the time per operation, and the memory that each one held at the end.
Exit status 77 if the loop is not installed.
"""

import argparse
import asyncio
import json
import resource
import sys
import time

CROWD = 1000


# -- Callbacks -------------------------------------------------------------------------------------

async def call_soon_chain(count):
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    left = count

    def link():
        nonlocal left
        left -= 1
        if left > 0:
            loop.call_soon(link)
        else:
            ended.set_result(None)

    loop.call_soon(link)
    await ended


async def call_soon_burst(count):
    loop = asyncio.get_running_loop()
    calls = 0

    def call():
        nonlocal calls
        calls += 1

    for _ in range(count):
        loop.call_soon(call)
    await asyncio.sleep(0)
    assert calls == count


# -- Tasks -----------------------------------------------------------------------------------------

async def child(value):
    return value + 1


async def await_coroutine(count):
    value = 0
    for _ in range(count):
        value = await child(value)


async def create_and_await(count):
    value = 0
    for _ in range(count):
        value = await asyncio.create_task(child(value))


async def gather_all(count):
    sum(await asyncio.gather(*[child(index) for index in range(count)]))


async def put_all(items, count):
    for index in range(count):
        await items.put(index)


async def queue_hand_off(count):
    items = asyncio.Queue(1)
    producer = asyncio.create_task(put_all(items, count))
    total = 0
    for _ in range(count):
        total += await items.get()
    await producer


async def give_way(times):
    for _ in range(times):
        await asyncio.sleep(0)


async def sleep_zero(count):
    await asyncio.gather(*[give_way(count // CROWD) for _ in range(CROWD)])


# -- Timers ----------------------------------------------------------------------------------------

async def timer_cancel(count):
    loop = asyncio.get_running_loop()

    def call():
        pass

    handles = [loop.call_later(10 + index * 7919 % 100_000 / 1000, call) for index in range(count)]
    for timer in handles:
        timer.cancel()
    await asyncio.sleep(0)


async def timer_fire(count):
    loop = asyncio.get_running_loop()
    now = loop.time()
    ended = loop.create_future()
    left = count

    def call():
        nonlocal left
        left -= 1
        if left == 0:
            ended.set_result(None)

    for index in range(count):
        loop.call_at(now - index * 7919 % 100_000 / 1_000_000, call)
    await ended


# -- I/O -------------------------------------------------------------------------------------------

CONNECTIONS = 64
LINE = b"x" * 63 + b"\n"


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Asker(asyncio.Protocol):
    """Asks as often as there are questions left, then leaves."""

    def __init__(self, left):
        self.left = left
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(LINE)

    def data_received(self, data):
        self.left -= 1
        if self.left > 0:
            self.transport.write(LINE)
        else:
            self.transport.close()

    def connection_lost(self, error):
        self.lost.set_result(None)


async def protocol_echo(count):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    askers = [await loop.create_connection(lambda: Asker(max(count // CONNECTIONS, 1)), host, port) for _ in range(CONNECTIONS)]
    for _, asker in askers:
        await asker.lost
    server.close()


async def echo_lines(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def ask_lines(host, port, count):
    reader, writer = await asyncio.open_connection(host, port)
    for _ in range(count):
        writer.write(LINE)
        await reader.readline()
    writer.close()
    await writer.wait_closed()


async def streams_echo(count):
    server = await asyncio.start_server(echo_lines, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    await asyncio.gather(*[ask_lines(host, port, max(count // CONNECTIONS, 1)) for _ in range(CONNECTIONS)])
    server.close()


# -- Memory ----------------------------------------------------------------------------------------

bytes_held = 0


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


async def wait_at(gate):
    await gate


async def suspended(count):
    global bytes_held
    gate = asyncio.get_running_loop().create_future()
    tasks = [None] * count
    before = resident_bytes()
    for index in range(count):
        tasks[index] = asyncio.create_task(wait_at(gate))
    await asyncio.sleep(0)
    bytes_held = resident_bytes() - before
    gate.set_result(None)
    for each in tasks:
        await each


# -- One run ---------------------------------------------------------------------------------------

PROBLEMS = {each.__name__: each for each in (
    call_soon_chain, call_soon_burst, await_coroutine, create_and_await, gather_all, queue_hand_off,
    sleep_zero, timer_cancel, timer_fire, protocol_echo, streams_echo, suspended)}


async def time_of(problem, count):
    # A tenth first, for caches and free lists; not where memory is the question.
    if problem is not suspended:
        await problem(count // 10)
    begin = time.perf_counter_ns()
    await problem(count)
    return time.perf_counter_ns() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("problem", choices=PROBLEMS)
    parser.add_argument("count", type=int)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options = parser.parse_args()
    if options.loop == "uvloop":
        try:
            import uvloop
        except ImportError:
            print("uvloop is not installed", file=sys.stderr)
            return 77
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    ns = asyncio.run(time_of(PROBLEMS[options.problem], options.count))
    print(json.dumps({"problem": options.problem, "count": options.count,
                      "ns": round(ns / options.count, 2), "bytes": round(bytes_held / options.count, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
