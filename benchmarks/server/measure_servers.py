#!/usr/bin/env python3
"""What a request costs: echo servers beside the floors, in CPU microseconds and in system calls per request.

    benchmarks/server/measure_servers.py --bin build/release/bin [--cells 1 16 64 256] [--rounds 5]
                                         [--servers NAME ...] [--workers 1] [--spin] [--idle N] [--json FILE]
                                         [--http DEPTH | --bulk]

Server and client run on processor 0 under SCHED_BATCH, so that they take turns: the client asks over all its
connections, then the server answers all of them. Nothing crosses a processor, and the figure does not depend on
how fast the client is. The figure is what the scheduler says the server's threads were on a processor, divided by
a fixed number of requests; throughput is not looked at. Rounds are interleaved over all servers. Told are the
median, and the median of the ratios to the first server's figure in the same round.

With --workers 2, or --spin (a client that never sleeps, on processor 1), both processors take part.
--calls counts system calls, with perf. --idle N: memory per connection instead (N connections, one request each).

--http DEPTH: HTTP/1.1 instead of an echo, DEPTH requests at once on each connection; "jackdaw serve" beside
nginx, haproxy, Go's net/http and floors that parse nothing. --bulk: a file of a mebibyte by HTTP, per mebibyte.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from http_servers import http_servers

REQUESTS = {1: 40_000, 16: 120_000, 64: 160_000, 256: 160_000}
BULK_REQUESTS = 1_500
PORT = re.compile(r"^(\d+)$|://[^ /]*:(\d+)")


def servers(options, where):
    """Name: (command, port). What is not built is left out."""
    if options.http or options.bulk:
        table = http_servers(options.bin, options.workers, where, options.peers is not None, options.bulk)
    else:
        commands = echo_servers(options.bin, options.workers, options.peers)
        table = {name: (command, None) for name, command in commands.items()}
    return {name: each for name, each in table.items() if shutil.which(each[0][0])}


def echo_servers(programs, workers, peers=None):
    echo = [programs / "bench_echo", "--workers", str(workers)]
    asyncio = [programs / "bench_echo", "--mode", "asyncio"]
    table = {
        "floor io_uring": [programs / "floor_uring_echo", str(workers)],
        "floor epoll": [programs / "floor_epoll_echo", str(workers)],
        "jackdaw io_uring": [*echo, "--backend", "io_uring"],
        "jackdaw io_uring reader": [*echo, "--backend", "io_uring", "--reader"],
        "jackdaw epoll": [*echo, "--backend", "epoll"],
        "jackdaw epoll reader": [*echo, "--backend", "epoll", "--reader"],
    }
    if workers == 1:
        table["asyncio io_uring"] = [*asyncio, "--backend", "io_uring"]
        table["asyncio io_uring reader"] = [*asyncio, "--backend", "io_uring", "--reader"]
        table["asyncio epoll"] = [*asyncio, "--backend", "epoll"]
    if peers is not None and workers == 1:
        table |= {name: command for name, command in build_peers(peers) if command}
    return table


def build_peers(where):
    """The programs under peers/, made in the directory `where`; what cannot be made here is told and left out."""
    where.mkdir(parents=True, exist_ok=True)
    sources = pathlib.Path(__file__).parent / "peers"
    cxx = [shutil.which("clang++-19") or "c++", "-std=c++20", "-O3", "-DNDEBUG", "-march=native"]
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "versus"))
    import build  # Knows how to have Debian's newest Boost beside its default one.
    boost = build.boost_directory(where)
    asio = [*cxx, *(["-isystem", boost] if boost else [])]
    builds = {
        "Boost.Asio": [*asio, sources / "asio.cpp", "-o", where / "asio", "-lpthread"],
        "libuv": [*cxx, sources / "libuv.cpp", "-o", where / "libuv", "-luv"],
        "Go": ["go", "build", "-o", where / "go", sources / "go.go"],
    }
    for name, command in builds.items():
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{name} is left out: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
    yield "Boost.Asio", [where / "asio"]
    yield "libuv", [where / "libuv"]
    yield "Go", [where / "go"]
    python = pathlib.Path("/usr/bin/python3")  # Debian's packages are for this one.
    yield "asyncio protocol", [python, sources / "python.py"]
    yield "asyncio streams", [python, sources / "python.py", "streams"]
    if subprocess.run([python, "-c", "import uvloop"], capture_output=True).returncode == 0:
        yield "uvloop protocol", [python, sources / "python.py", "uvloop"]
        yield "uvloop streams", [python, sources / "python.py", "uvloop", "streams"]


def prefer_us():
    """In a session of its own whose group of tasks goes before others, where the kernel groups sessions."""
    os.setsid()
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/autogroup").write_text("-19")


def on(processors):
    def prepare():
        prefer_us()
        os.sched_setaffinity(0, processors)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    return prepare


def wait_until_served(port):
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


class Server:
    def __init__(self, name, command, port, processors):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        env={**os.environ, "GOMAXPROCS": str(len(processors))},
                                        preexec_fn=on(processors))
        if port is not None:
            wait_until_served(port)
            self.port = str(port)
        else:
            if not select.select([self.process.stdout], [], [], 10)[0]:
                raise SystemExit(f"{name}: no port was told")
            told = self.process.stdout.readline().decode()
            self.port = next(filter(None, PORT.search(told).groups()))
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.pid = ",".join([str(pid), *children])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run_client(options, server, connections, requests, processors, *more):
    command = [options.bin / "bench_load", server.port, server.pid, str(connections), str(requests), *more]
    if options.spin:
        command.append("--spin")
    if options.http:
        command += ["--http", str(options.http), "--path", "/"]
    if options.bulk:
        command += ["--http", "1", "--path", "/mebibyte"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=on(processors))
    if done.returncode != 0:
        raise SystemExit(f"{server.name}: {done.stderr}")
    words = done.stdout.split()
    return dict(zip(words[::2], map(float, words[1::2])))


def count_calls(options, server, connections, processors):
    """Per request: from two runs whose difference is nothing but requests."""
    counts = []
    for requests in (20_000, 60_000):
        command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", server.pid, "--",
                   options.bin / "bench_load", server.port, server.pid, str(connections), str(requests),
                   *(["--http", str(options.http), "--path", "/"] if options.http else [])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=on(processors))
        found = re.search(r"^(\d+),", done.stderr, re.MULTILINE)
        if not found:
            return float("nan")
        counts.append(int(found[1]))
    return (counts[1] - counts[0]) / (40_000 * 1.1)  # The client's warm-up is a tenth.


def measure(options, where):
    server_processors = {0, 1} if options.workers > 1 else {0}
    client_processors = {0, 1} if options.workers > 1 else {1} if options.spin else {0}
    table = servers(options, where)
    names = [name for name in options.servers or table if name in table]
    results = {}
    running = []
    try:
        for name in names:
            running.append(Server(name, *table[name], server_processors))
        for connections in options.cells:
            requests = BULK_REQUESTS if options.bulk else REQUESTS.get(connections, 160_000) * max(1, options.http)
            requests = int(requests * options.scale)
            for round_number in range(options.rounds):
                # Another order each time: what a neighbour on the machine does to one, it does to all in turn.
                first = round_number * 7 % len(running)
                for server in running[first:] + running[:first]:
                    outcome = run_client(options, server, connections, requests, client_processors)
                    results.setdefault(server.name, {}).setdefault(connections, []).append(outcome)
            if options.calls:
                for server in running:
                    results[server.name][connections][0]["calls"] = count_calls(
                        options, server, connections, client_processors)
    finally:
        for server in running:
            server.stop()
    return results


def measure_idle(options, where):
    table = servers(options, where)
    for name in options.servers or table:
        server = Server(name, *table[name], {0})
        try:
            found = run_client(options, server, options.idle, 0, {0}, "64", "--idle")
            print(f"{name:26} {found['pss_bytes_per_connection']:8.0f} bytes of PSS per connection, "
                  f"{found['pss_base_kib']:6.0f} KiB before; kernel: {found['slab_bytes_per_pair']:7.0f} bytes "
                  "per pair of sockets", flush=True)
        finally:
            server.stop()


def show(options, results):
    load = os.getloadavg()[0]
    unit = "mebibyte" if options.bulk else "request"
    print(f"CPU microseconds per {unit}, median of {options.rounds} (and of the ratio to the first); load {load:.1f}; "
          f"{options.workers} worker(s){'; spinning client' if options.spin else ''}")
    print(f"{'connections':26}" + "".join(f"{cell:>16}" for cell in options.cells))
    floor = next(iter(results.values()), {})
    for name, cells in results.items():
        line = f"{name:26}"
        for connections in options.cells:
            runs = [run["cpu_us"] for run in cells[connections]]
            beneath = [run["cpu_us"] for run in floor[connections]]
            ratio = statistics.median(one / other for one, other in zip(runs, beneath))
            line += f"{statistics.median(runs):9.2f} ({ratio:.2f})"
        print(line)
    if options.calls:
        print("System calls per request")
        for name, cells in results.items():
            print(f"{name:26}" + "".join(f"{cells[each][0]['calls']:16.3f}" for each in options.cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where the programs are")
    parser.add_argument("--cells", type=int, nargs="+", default=[1, 16, 64, 256], help="connections")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of requests")
    parser.add_argument("--servers", nargs="+", help="these only")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--spin", action="store_true")
    parser.add_argument("--calls", action="store_true")
    parser.add_argument("--idle", type=int, default=0)
    parser.add_argument("--http", type=int, default=0, metavar="DEPTH")
    parser.add_argument("--bulk", action="store_true")
    parser.add_argument("--peers", type=pathlib.Path, help="other libraries too, built in this directory")
    parser.add_argument("--small", action="store_true", help="only to see that it works: the floors and jackdaw")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    if options.small:
        options.cells, options.rounds, options.scale = [1, 16], 1, 0.02
        options.servers = ["floor epoll", "jackdaw epoll", *([] if options.http else ["jackdaw epoll reader"])]
    if options.calls and shutil.which("perf") is None:
        raise SystemExit("--calls needs perf: apt-get install linux-perf")
    with tempfile.TemporaryDirectory(prefix="jackdaw-servers-") as where:
        if options.idle:
            measure_idle(options, pathlib.Path(where))
            return 0
        results = measure(options, pathlib.Path(where))
    show(options, results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
