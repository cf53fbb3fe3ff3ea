"""The figures: each treats one server badly, bounded in count and time, and returns what was seen.

A figure is a coroutine function figure(make, scale) -> {name of a value: number}. `make(**limits)` starts the
server; whoever calls the figure stops it. Numbers are for people: the table of measure.py names the units.
"""

import asyncio
import os
import socket
import struct
import time

from client import GET, Pinger, close_all, connect, get, median, raw_connections


async def idle_connections(make, scale):
    """R1: many connections that say nothing, after a request each, and one that goes on."""
    server = make()
    count = max(50, int(8000 * scale))
    warm = [await connect(server.port) for _ in range(16)]
    for reader, writer in warm:
        await get(reader, writer)
    before = server.resident_bytes()
    idle = raw_connections(server.port, count)
    for one in idle:
        one.sendall(GET % b"/")
    for one in idle:
        one.recv(4096)
    held = server.resident_bytes() - before
    await asyncio.sleep(0.3)
    cpu = server.cpu_seconds()
    await asyncio.sleep(2 * min(1, scale * 4))
    idle_cpu = server.cpu_seconds() - cpu
    ping = Pinger(server.port, 100)
    await asyncio.sleep(3 * min(1, scale * 4))
    await ping.stop()
    close_all(idle)
    return {"bytes each": held / count, "idle CPU s": idle_cpu, "p99 ms": ping.quantile(0.99),
            "errors": ping.errors}


async def overload(make, scale):
    """R4: twice as many requests of a millisecond of work as the server can do, by a clock and not by replies."""
    server = make(delay_ms=20)
    if server.kind.name == "nginx":
        return {}  # It computes nothing.
    seconds = max(1.5, 10 * scale)
    good, late, refused, failed = [], [], 0, 0

    async def one():
        nonlocal refused, failed
        began = time.perf_counter()
        try:
            reader, writer = await asyncio.wait_for(connect(server.port), 5)
            status, _ = await asyncio.wait_for(get(reader, writer, b"/cpu?us=1000"), 5)
            writer.close()
        except (OSError, EOFError, asyncio.TimeoutError):
            failed += 1
            return
        took = (time.perf_counter() - began) * 1000
        if status == 200:
            good.append(took)
        else:
            refused += 1
            late.append(took)

    before = server.resident_bytes()
    began = time.perf_counter()
    tasks = []
    while (now := time.perf_counter() - began) < seconds:
        while len(tasks) < now * 1600:
            tasks.append(asyncio.create_task(one()))
        await asyncio.sleep(0.002)
    peak = server.resident_bytes()
    await asyncio.gather(*tasks)
    ping = Pinger(server.port, 50)
    await asyncio.sleep(0.5)
    await ping.stop()
    good.sort()
    late.sort()
    return {"goodput/s": len(good) / seconds, "p99 of 200 ms": good[int(len(good) * 0.99)] if good else float("nan"),
            "refused": refused, "p99 of 503 ms": late[int(len(late) * 0.99)] if late else float("nan"),
            "failed": failed, "grown MiB": (peak - before) / 2**20, "afterwards p99 ms": ping.quantile(0.99)}


async def slow_readers(make, scale):
    """R5: clients that take 10 MiB each by drops, and one that behaves."""
    server = make(files=True)
    count = max(10, int(300 * scale))
    ping = Pinger(server.port, 100, b"/small")
    await asyncio.sleep(max(0.5, 2 * scale))
    alone = ping.quantile(0.99)
    before = server.resident_bytes()
    slow = []
    for _ in range(count):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(("127.0.0.1", server.port))
        one.sendall(GET % b"/ten_mebibytes")
        slow.append(one)
    ping.milliseconds.clear()
    ends = time.monotonic() + max(1, 5 * scale)
    while time.monotonic() < ends:
        for one in slow:
            one.setblocking(False)
            try:
                one.recv(1024)
            except BlockingIOError:
                pass
        await asyncio.sleep(0.25)
    grown = server.resident_bytes() - before
    await ping.stop()
    close_all(slow)
    return {"KiB each": grown / count / 1024, "p99 alone ms": alone, "p99 beside ms": ping.quantile(0.99),
            "errors": ping.errors}


async def slow_requests(make, scale):
    """R6: half of the clients drip a header, the others say nothing; the server was told to wait 2 s."""
    server = make(header_timeout=2)
    half = max(20, int(2000 * scale))
    dripping = raw_connections(server.port, half)
    silent = raw_connections(server.port, half)
    began = time.monotonic()
    ping = Pinger(server.port, 50)
    for one in dripping + silent:
        one.setblocking(False)
    closed = {}
    drips = 0
    while time.monotonic() - began < 5 and len(closed) < 2 * half:
        now = time.monotonic() - began
        drip = now * 2 > drips
        drips += drip
        for index, one in enumerate(dripping + silent):
            if index in closed:
                continue
            try:
                if drip and index < half:
                    one.send(b"G" if drips == 1 else b"E")
                if one.recv(4096) == b"":
                    closed[index] = now
            except BlockingIOError:
                pass
            except OSError:
                closed[index] = now
        await asyncio.sleep(0.05)
    await ping.stop()
    close_all(dripping + silent)
    ends = sorted(closed.values())
    return {"closed": len(closed) / (2 * half), "median s": median(ends) if ends else float("nan"),
            "last s": ends[-1] if ends else float("nan"), "others' errors": ping.errors,
            "others' p99 ms": ping.quantile(0.99)}


async def reset_storm(make, scale):
    """R7: connect, half a request, reset; one after the other as fast as this client can."""
    server = make()
    await get(*await connect(server.port))
    descriptors, resident = server.open_descriptors(), server.resident_bytes()
    now = struct.pack("ii", 1, 0)
    count = 0
    cpu = server.cpu_seconds()
    began = time.monotonic()
    while time.monotonic() - began < max(0.5, 4 * scale):
        with socket.socket() as one:
            one.connect(("127.0.0.1", server.port))
            one.send(b"GET / HTT")
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        count += 1
    took = time.monotonic() - began
    used = server.cpu_seconds() - cpu
    await asyncio.sleep(1)
    ping = Pinger(server.port, 50)
    await asyncio.sleep(0.3)
    await ping.stop()
    return {"per s": count / took, "CPU us each": used / count * 1e6, "descriptors left": server.open_descriptors() - descriptors,
            "grown KiB": (server.resident_bytes() - resident) / 1024, "errors": ping.errors}


async def no_descriptors(make, scale):
    """R8: 128 descriptors, 400 clients; then those that are served leave."""
    server = make(descriptors=128)
    ping = Pinger(server.port, 100)
    await asyncio.sleep(0.2)
    crowd = []
    for _ in range(400):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", server.port))
        crowd.append(one)
    await asyncio.sleep(0.5)
    for one in crowd:
        try:
            one.send(GET % b"/")
        except OSError:
            pass
    ping.milliseconds.clear()
    cpu = server.cpu_seconds()
    began = time.monotonic()
    await asyncio.sleep(max(1, 3 * scale))
    share = (server.cpu_seconds() - cpu) / (time.monotonic() - began)
    served, waiting = [], []
    for one in crowd:
        try:
            (served if one.recv(4096) else waiting).append(one)
        except OSError:
            waiting.append(one)
    p99 = ping.quantile(0.99)
    close_all(served)
    began = time.monotonic()
    first = float("nan")
    while time.monotonic() - began < 5 and first != first:
        for one in waiting:
            try:
                if one.recv(4096):
                    first = (time.monotonic() - began) * 1000
                    break
            except OSError:
                pass
        await asyncio.sleep(0.001)
    await ping.stop()
    close_all(waiting)
    return {"served": len(served), "CPU %": share * 100, "others' p99 ms": p99, "errors": ping.errors,
            "next accept ms": first}


async def killed(make, scale):
    """R11: kill -9 under load, and start again."""
    server = make()
    times = []
    for _ in range(max(3, int(20 * scale))):
        ping = Pinger(server.port, 1000)
        await asyncio.sleep(0.1)
        server.kill()
        await ping.stop()
        server.start()
        times.append(server.start_ms)
    return {"median ms": median(times), "worst ms": max(times)}


async def successor(server, known):
    for _ in range(200):
        for pid in server.successors():
            if pid not in known:
                return pid
        await asyncio.sleep(0.02)
    raise RuntimeError("the server was not replaced")


async def replaced(make, scale):
    """R12: keep-alive clients that retry nothing, while the server is replaced several times."""
    server = make()
    if server.kind.restart is None:
        return {}  # It has no way.
    done = failed = connections = 0
    stopping = False

    async def client():
        nonlocal done, failed, connections
        while not stopping:
            try:
                reader, writer = await connect(server.port)
                connections += 1
                closes = False
                while not closes and not stopping:
                    status, closes = await get(reader, writer)
                    done += 1
                    failed += status != 200
                    await asyncio.sleep(0.005)
                writer.close()
            except (OSError, EOFError):
                failed += 1

    clients = [asyncio.create_task(client()) for _ in range(50)]
    newest = server.process.pid
    known = {newest}
    replacements = max(2, int(10 * scale))
    for _ in range(replacements):
        await asyncio.sleep(0.4)
        os.kill(newest, server.kind.restart)
        if server.kind.name == "jackdaw":
            newest = await successor(server, known)
            known.add(newest)
    await asyncio.sleep(1.5)
    stopping = True
    await asyncio.gather(*clients)
    return {"replacements": replacements, "requests": done, "failed": failed, "connections": connections}


async def idle_server(make, scale):
    """R17: nobody there."""
    server = make(workers=2)
    await get(*await connect(server.port))
    await asyncio.sleep(1.2)
    before, cpu, began = server.switches(), server.cpu_seconds(), time.monotonic()
    await asyncio.sleep(max(1, 5 * scale))
    took = time.monotonic() - began
    return {"wake-ups/s": (server.switches() - before) / took, "CPU s": server.cpu_seconds() - cpu}


FIGURES = {
    "R1": idle_connections, "R4": overload, "R5": slow_readers, "R6": slow_requests, "R7": reset_storm,
    "R8": no_descriptors, "R11": killed, "R12": replaced, "R17": idle_server,
}
