#!/usr/bin/env python3
"""Measures what the README and docs/benchmarks say of `jackdaw serve`, beside its table of costs.

    benchmarks/server/measure.py build/release/bin/jackdaw [--only NAME ...]

throughput  wrk with 64 connections, every mode and backend (wrk is Debian's; skipped without it)
neighbours  p99 of `/` while half of the connections ask for 500 us of computing each
idle        memory of the server with 10,000 idle keep-alive connections
limits      400 clients against a limit of 128 descriptors, then CPU time while they idle
resets      connections that are reset in mid-request, then CPU time while nothing happens
killed      a client with 64 requests in progress is killed

Ends by itself within two minutes. Exit status 1 if a server did not stay healthy.
"""

import argparse
import contextlib
import json
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

MODES = (("multi", 1), ("multi", 2), ("asyncio", 1))
BACKENDS = ("io_uring", "epoll")
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SECONDS = 3.0
IDLE_CONNECTIONS = 10_000

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
unhealthy = []


class Server:
    def __init__(self, program, mode, workers, backend, descriptors=None):
        self.label = f"{mode:7} {workers} {backend:8}"
        self.scratch = tempfile.TemporaryDirectory(prefix="jackdaw-measure-")
        port_file = pathlib.Path(self.scratch.name) / "port"
        command = [program, "serve", "--http", "127.0.0.1:0", "--mode", mode, "--backend", backend,
                   "--workers", str(workers), "--port-file", port_file]

        def limit():
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=limit)
        deadline = time.monotonic() + 10
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.label}: the server did not start")
            time.sleep(0.01)
        host, port = port_file.read_text().strip().rsplit(":", 1)
        self.address = (host, int(port))
        self.url = f"http://{host}:{port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "none: it did not stop"
        if status != 0:
            unhealthy.append(f"{self.label}: exit status {status}")
        self.scratch.cleanup()

    def get(self, path):
        with direct.open(self.url + path, timeout=10) as reply:
            return reply.read()

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100  # utime, stime: in hundredths.

    def memory_kib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"Private_Dirty: +(\d+)", text)[1])

    def check(self):
        """Says whether it still answers."""
        try:
            self.get("/")
            return "answers"
        except OSError as error:
            unhealthy.append(f"{self.label}: {error}")
            return f"does NOT answer: {error}"

    def idle_cpu_percent(self, seconds=2.0):
        before = self.cpu_seconds()
        time.sleep(seconds)
        return 100 * (self.cpu_seconds() - before) / seconds


def every(program, modes=MODES, **options):
    for mode, workers in modes:
        for backend in BACKENDS:
            with Server(program, mode, workers, backend, **options) as server:
                yield server


def throughput(program):
    if shutil.which("wrk") is None:
        print("  skipped: wrk is not installed")
        return
    for server in every(program):
        text = subprocess.run(["wrk", "-t1", "-c64", f"-d{SECONDS:.0f}", "--latency", server.url + "/"],
                              capture_output=True, text=True, check=True).stdout
        rate = float(re.search(r"Requests/sec: +([\d.]+)", text)[1])
        errors = "Socket errors" in text or "Non-2xx" in text
        if errors:
            unhealthy.append(f"{server.label}: wrk saw errors")
        p99 = re.search(r"99% +(\S+)", text)[1]
        print(f"  {server.label} {rate:10,.0f} requests/s   p99 {p99}   {'ERRORS' if errors else 'no errors'}")


def neighbours(program):
    for server in every(program, (("multi", 2), ("asyncio", 1))):
        reports = []
        with contextlib.ExitStack() as open_reports:
            runs = []
            for path in ("/", "/cpu?us=500"):
                report = open_reports.enter_context(tempfile.NamedTemporaryFile())
                runs.append(subprocess.Popen(
                    [program, "load", "--connections", "32", "--duration", str(SECONDS), "--json",
                     report.name, server.url + path],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
                reports.append(report.name)
            for run in runs:
                run.wait(60)
            plain, busy = (json.loads(pathlib.Path(name).read_text()) for name in reports)
        print(f"  {server.label} /: {plain['requests_per_s']:8,.0f} requests/s, p50 "
              f"{plain['latency_us']['p50'] / 1000:.1f} ms, p99 {plain['latency_us']['p99'] / 1000:.1f} ms;"
              f"   /cpu: {busy['requests_per_s']:6,.0f} requests/s, p99 "
              f"{busy['latency_us']['p99'] / 1000:.1f} ms")


def connect(server, count):
    return [socket.create_connection(server.address, timeout=20) for _ in range(count)]


def idle(program):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, IDLE_CONNECTIONS + 1000), hard))
    for server in every(program, (("multi", 1), ("asyncio", 1))):
        for warm in connect(server, 100):
            warm.sendall(REQUEST)
            warm.recv(4096)
            warm.close()
        before = server.memory_kib()
        clients = connect(server, IDLE_CONNECTIONS)
        for client in clients:
            client.sendall(REQUEST)
        for client in clients:
            client.recv(4096)
        grown = server.memory_kib() - before
        print(f"  {server.label} {grown * 1024 / IDLE_CONNECTIONS:6,.0f} bytes of private memory per "
              f"connection; idle CPU {server.idle_cpu_percent():.1f} %; {server.check()}")
        for client in clients:
            client.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def limits(program):
    for server in every(program, (("multi", 2), ("asyncio", 1)), descriptors=128):
        clients = connect(server, 400)
        time.sleep(0.5)
        busy = server.idle_cpu_percent()
        for client in clients:
            client.close()
        time.sleep(0.5)
        print(f"  {server.label} CPU {busy:.1f} % while 400 clients hold on; afterwards it {server.check()}")


def resets(program):
    for server in every(program, (("multi", 2), ("asyncio", 1))):
        for _ in range(2000):
            client = socket.create_connection(server.address, timeout=10)
            client.sendall(REQUEST[:10])
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        print(f"  {server.label} after 2,000 resets it {server.check()}; idle CPU "
              f"{server.idle_cpu_percent():.1f} %")


def killed(program):
    for server in every(program, (("multi", 2), ("asyncio", 1))):
        client = subprocess.Popen([program, "load", "--connections", "64", "--duration", "30",
                                   server.url + "/sleep?ms=50"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        client.kill()
        client.wait()
        time.sleep(0.5)
        print(f"  {server.label} after the kill it {server.check()}; idle CPU "
              f"{server.idle_cpu_percent():.1f} %")


PARTS = {part.__name__: part for part in (throughput, neighbours, idle, limits, resets, killed)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program", help="the jackdaw command")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    for name in options.only:
        print(f"{name}:", flush=True)
        PARTS[name](options.program)
    for line in unhealthy:
        print(f"UNHEALTHY {line}")
    return 1 if unhealthy else 0


if __name__ == "__main__":
    sys.exit(main())
