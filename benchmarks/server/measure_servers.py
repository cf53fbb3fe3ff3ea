#!/usr/bin/env python3
"""What a request costs in servers: CPU microseconds first, then the system calls, the throughput and the latency.

    benchmarks/server/measure_servers.py --bin build/release/bin [--cells NAME ...] [--rounds 5] [--servers NAME ...]
                                         [--peers DIR] [--calls] [--json FILE] [--short]

The figure is what the scheduler says the server's threads were on a processor (/proc/PID/task/*/schedstat), divided
by a fixed number of requests. Rounds are interleaved over all servers; told are the median, and the median of the
ratios to the first server's figure in the same round. Three ways to share two processors:

  one       server and client on processor 0 under SCHED_BATCH, so that they take turns: the client asks over all
            its connections, then the server answers all of them. Nothing crosses a processor, and the figure does
            not depend on how fast the client is. Compare servers by this one.
  two       the client on processor 1; it sleeps where it has nothing to do. "spin": it never does.
  shared    two workers and two threads of the client on both processors.

The throughput is the closed loop's of both together, and on "one" is told only for completeness.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import select
import shutil
import statistics
import subprocess
import sys
import time

import server_table

IDLE_CONNECTIONS = 8000


@dataclasses.dataclass
class Cell:
    kind: str
    connections: int
    requests: int
    way: str = "one"
    client: tuple = ()

    @property
    def workers(self):
        return 2 if self.way == "shared" else 1

    @property
    def server_processors(self):
        return {0, 1} if self.way == "shared" else {0}

    @property
    def client_processors(self):
        return {"one": {0}, "two": {1}, "spin": {1}, "shared": {0, 1}}[self.way]

    @property
    def options(self):
        more = {"spin": ("--spin",), "shared": ("--threads", "2")}.get(self.way, ())
        return [*self.client, *more, *(["--udp"] if self.kind == "udp" else [])]


HTTP = ("--http", "/")
HTTPS = ("--tls", *HTTP)
CELLS = {
    "echo-1": Cell("echo", 1, 40_000),
    "echo-16": Cell("echo", 16, 120_000),
    "echo-64": Cell("echo", 64, 160_000),
    "echo-256": Cell("echo", 256, 160_000),
    "echo-16-spin": Cell("echo", 16, 120_000, "spin"),
    "echo-64-spin": Cell("echo", 64, 160_000, "spin"),
    "http-64": Cell("http", 64, 160_000, "one", HTTP),
    "http-256": Cell("http", 256, 160_000, "one", HTTP),
    "http-64x16": Cell("http", 64, 800_000, "one", (*HTTP, "--depth", "16")),
    "bulk-4": Cell("bulk", 4, 4_000, "two", ("--http", "/m")),
    "echo-256-workers": Cell("echo", 256, 300_000, "shared"),
    "http-256-workers": Cell("http", 256, 300_000, "shared", HTTP),
    "streams-64": Cell("streams", 64, 160_000),
    "udp-64": Cell("udp", 64, 160_000),
    "tls-fresh": Cell("https", 1, 3_000, "one", (*HTTPS, "--fresh")),
    "tls-64": Cell("https", 64, 80_000, "one", HTTPS),
    "tls-bulk-4": Cell("bulk-tls", 4, 2_000, "two", ("--tls", "--http", "/m")),
}
IDLE = {
    "idle-echo": Cell("echo", IDLE_CONNECTIONS, 0),
    "idle-http": Cell("http", IDLE_CONNECTIONS, 0, "one", HTTP),
}
SHORT = {"cells": ["echo-16", "http-64", "http-64x16", "bulk-4", "streams-64", "udp-64", "tls-fresh"], "rounds": 1,
         "scale": 0.02, "servers": ["floor io_uring", "floor epoll", "floor recvfrom", "jackdaw epoll", "streams epoll"]}


def prefer_us():
    """In a session of its own whose group of tasks goes before others, where the kernel groups sessions."""
    os.setsid()
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/autogroup").write_text("-19")


def on(processors):
    def prepare():
        prefer_us()
        with contextlib.suppress(OSError):  # A machine with one processor has but that.
            os.sched_setaffinity(0, processors)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    return prepare


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()


class Server:
    def __init__(self, entry, cell):
        self.name = entry.name
        for stale in [entry.port_file] if entry.port_file else []:
            stale.unlink(missing_ok=True)
        tells = entry.port is None and entry.port_file is None
        self.process = subprocess.Popen(entry.command, stdin=subprocess.DEVNULL, preexec_fn=on(cell.server_processors),
                                        stdout=subprocess.PIPE if tells else subprocess.DEVNULL,
                                        stderr=None if tells else subprocess.DEVNULL,
                                        env={**os.environ, "GOMAXPROCS": str(cell.workers)})
        try:
            self.port = str(entry.port) if entry.port else self.await_port(entry)
            self.await_listening(int(self.port))
            workers = children_of(self.process.pid) if entry.forks else []
            self.pids = ",".join(workers or [str(self.process.pid)])
        except BaseException:
            self.stop()
            raise

    def await_port(self, entry):
        if entry.port_file is None:
            if not select.select([self.process.stdout], [], [], 10)[0]:
                raise SystemExit(f"{self.name}: no port was told")
            return self.process.stdout.readline().decode().strip()
        for _ in range(1000):
            if entry.port_file.exists() and entry.port_file.read_text("utf-8").endswith("\n"):
                return entry.port_file.read_text("utf-8").strip().rsplit(":", 1)[1]
            time.sleep(0.01)
        raise SystemExit(f"{self.name}: no port was told")

    def await_listening(self, port):
        for _ in range(500):
            listening = pathlib.Path("/proc/net/tcp").read_text("utf-8") + pathlib.Path("/proc/net/udp").read_text("utf-8")
            if re.search(rf"^ *\d+: [0-9A-F]+:{port:04X} 00000000:0000 0[A7] ", listening, re.MULTILINE):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise SystemExit(f"{self.name}: it does not listen")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def load(options, server, cell, requests, *more):
    return [str(part) for part in (options.bin / "bench_load", server.port, server.pids, cell.connections, requests,
                                   *more, *cell.options)]


def run_client(options, server, cell, requests, *more):
    done = subprocess.run(load(options, server, cell, requests, *more), capture_output=True, text=True, timeout=120,
                          preexec_fn=on(cell.client_processors), check=False)
    if done.returncode != 0:
        raise SystemExit(f"{server.name}: {done.stderr or done.stdout or done.returncode}")
    words = done.stdout.split()
    return dict(zip(words[::2], map(float, words[1::2])))


def count_calls(options, server, cell):
    """Per request: from two runs whose difference is nothing but requests. Counted by the kernel, each one."""
    counts = []
    few = max(int(cell.requests * options.scale / 8), cell.connections * 64)
    for requests in (few, 3 * few):
        command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", server.pids, "--",
                   *load(options, server, cell, requests)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                              preexec_fn=on(cell.client_processors), check=False)
        found = re.search(r"^(\d+),", done.stderr, re.MULTILINE)
        if not found:
            return None
        counts.append(int(found[1]))
    warm_up = [max(requests / 10, cell.connections) for requests in (few, 3 * few)]
    return (counts[1] - counts[0]) / (2 * few + warm_up[1] - warm_up[0])


@contextlib.contextmanager
def started(entries, cell):
    running = []
    try:
        for entry in entries:
            try:
                running.append(Server(entry, cell))
            except SystemExit as error:
                print(f"left out: {error}", file=sys.stderr)
        yield running
    finally:
        for server in running:
            server.stop()


def chosen_servers(options, cell):
    found = server_table.servers(cell.kind, options.bin, options.peers, cell.workers)
    return [entry for entry in found if not options.servers or entry.name in options.servers]


def measure_cell(options, cell):
    results = {}
    requests = max(int(cell.requests * options.scale), cell.connections)
    with started(chosen_servers(options, cell), cell) as running:
        for round_number in range(options.rounds):
            # Another order each time: what a neighbour on the machine does to one, it does to all in turn.
            first = round_number * 7 % len(running)
            for server in running[first:] + running[:first]:
                outcome = run_client(options, server, cell, requests)
                for figure, value in outcome.items():
                    results.setdefault(server.name, {}).setdefault(figure, []).append(value)
        if options.calls:
            for server in running:
                results[server.name]["calls"] = count_calls(options, server, cell)
    return {entry.name: results[entry.name] for entry in running}


def measure_idle(options, cell):
    results = {}
    for entry in chosen_servers(options, cell):
        with started([entry], cell) as running:  # One at a time: the slabs are the machine's.
            for server in running:
                results[entry.name] = run_client(options, server, cell, 0, "64", "--idle")
    return results


def show_cell(name, cell, rows):
    first = next(iter(rows.values()))["cpu_us"]
    ways = {"one": "one processor", "two": "two processors", "spin": "two processors, the client spins",
            "shared": "two workers, two clients, two processors"}
    print(f"\n{name}: {cell.connections} connections, {ways[cell.way]}")
    print(f"  {'':24}{'CPU us':>9}{'(min':>9} {'max)':>8}{'x first':>9}{'per s':>11}{'p50 us':>9}{'p99 us':>9}"
          f"{'switches':>10}{'calls':>8}")
    for server, found in rows.items():
        middle = {figure: statistics.median(values) for figure, values in found.items() if isinstance(values, list)}
        ratio = statistics.median(one / other for one, other in zip(found["cpu_us"], first))
        calls = f"{found['calls']:8.3f}" if found.get("calls") is not None else f"{'-':>8}"
        print(f"  {server:24}{middle['cpu_us']:9.3f}{min(found['cpu_us']):9.3f} {max(found['cpu_us']):8.3f}{ratio:9.2f}"
              f"{middle['per_second']:11,.0f}{middle['p50_us']:9.0f}{middle['p99_us']:9.0f}{middle['switches']:10.4f}"
              f"{calls}", flush=True)


def show_idle(name, cell, rows):
    print(f"\n{name}: {cell.connections} connections that have had one reply each")
    for server, found in rows.items():
        print(f"  {server:24}{found['pss_bytes_per_connection']:9,.0f} bytes of PSS per connection, "
              f"{found['pss_base_kib']:8,.0f} KiB before; kernel: {found['slab_bytes_per_pair']:7,.0f} per pair of "
              "sockets", flush=True)


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text("utf-8"))
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "kernel": platform.release(), "processors": os.cpu_count(), "model": model[1] if model else "",
            "load": os.getloadavg()[0]}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where jackdaw's programs are")
    parser.add_argument("--cells", nargs="+", choices=[*CELLS, *IDLE], default=[*CELLS, *IDLE], metavar="NAME",
                        help="of: " + " ".join([*CELLS, *IDLE]))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of requests")
    parser.add_argument("--servers", nargs="+", metavar="NAME", help="these only")
    parser.add_argument("--calls", action="store_true", help="count system calls too, with perf")
    parser.add_argument("--peers", type=pathlib.Path, help="other libraries' servers too, built in this directory")
    parser.add_argument("--short", action="store_true", help="only to see that it works: the floors and jackdaw")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    if options.short:
        vars(options).update(SHORT)
    if options.calls and shutil.which("perf") is None:
        parser.error("--calls needs perf: apt-get install linux-perf")
    if options.peers:
        options.peers = options.peers.resolve()
        server_table.build_peers(options.peers)
    else:
        options.peers = options.bin.parent / "servers"
    return options


def main():
    options = read_options()
    report = {"machine": machine(), "command": sys.argv, "cells": {}}
    for name in options.cells:
        cell = CELLS.get(name) or IDLE[name]
        if not chosen_servers(options, cell):
            continue
        rows = measure_idle(options, cell) if name in IDLE else measure_cell(options, cell)
        report["cells"][name] = rows
        if rows:
            (show_idle if name in IDLE else show_cell)(name, cell, rows)
        if options.json:
            options.json.write_text(json.dumps(report, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
