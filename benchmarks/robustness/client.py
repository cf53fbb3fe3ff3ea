"""A small HTTP client for clients that behave, and sockets for those that do not."""

import asyncio
import socket
import statistics
import time

GET = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def connect(port):
    return await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)


async def reply_of(reader):
    """The status of a reply that has a length, whose body is read."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    closes = False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        elif name.lower() == b"connection":
            closes = value.strip().lower() == b"close"
    if length:
        await reader.readexactly(length)
    return int(head.split(b" ", 2)[1]), closes


async def get(reader, writer, path=b"/"):
    writer.write(GET % path)
    return await reply_of(reader)


class Pinger:
    """Asks over one connection, so and so often per second, until it is told to stop."""

    def __init__(self, port, per_second, path=b"/"):
        self.port, self.pause, self.path = port, 1 / per_second, path
        self.milliseconds = []
        self.errors = 0
        self.task = asyncio.create_task(self.run())

    async def run(self):
        reader, writer = await connect(self.port)
        try:
            while True:
                began = time.perf_counter()
                status, _ = await get(reader, writer, self.path)
                self.milliseconds.append((time.perf_counter() - began) * 1000)
                self.errors += status != 200
                await asyncio.sleep(self.pause)
        finally:
            writer.close()

    async def stop(self):
        self.task.cancel()
        try:
            await self.task
        except asyncio.CancelledError:
            pass
        except (OSError, EOFError):
            self.errors += 1

    def quantile(self, share):
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def raw_connections(port, count):
    """Blocking sockets that are connected; the kernel accepts for a server that does not."""
    made = []
    for _ in range(count):
        one = socket.socket()
        one.connect(("127.0.0.1", port))
        made.append(one)
    return made


def close_all(sockets):
    for one in sockets:
        one.close()


median = statistics.median
