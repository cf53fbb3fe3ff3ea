#!/usr/bin/env python3
"""Measures jackdaw's HTTP server in every mode and on every backend; called by scripts/demo.

Each row is one server process. The load comes from `jackdaw load` over loopback; the costs are the
difference of two looks at the server's /stats, so that start-up and warm-up do not count.
"""

import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

BUDGET_S = 45.0        # For all rows together; the promise is a minute.
ROW_OVERHEAD_S = 0.7   # Starting, stopping, and two looks at /stats.
WARM_UP_S = 0.5
READY_WITHIN_S = 10.0
STOP_WITHIN_S = 10.0

COLUMNS = (  # Title, width.
    ("mode", 7), ("workers", 7), ("backend", 8), ("requests/s", 10), ("p50 us", 7), ("p99 us", 7),
    ("p99.9 us", 8), ("CPU us/req", 10), ("syscalls/req", 12), ("steals", 7), ("parks", 7),
)

libc = ctypes.CDLL(None)
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # Loopback needs no proxy.


class Unavailable(Exception):
    """The kernel, or whoever sandboxes us, refuses io_uring. A result, not a failure."""


class Failed(Exception):
    """The row could not be measured."""


def die_with_parent():
    """In the child, before exec: the kernel ends it even if we are killed and cannot."""
    pr_set_pdeathsig = 1
    libc.prctl(pr_set_pdeathsig, signal.SIGKILL)


def worker_counts():
    """1..N while that is few; on large machines 1, 2, 4, ... N."""
    cores = len(os.sched_getaffinity(0))
    if cores <= 4:
        return list(range(1, cores + 1))
    counts = [1 << power for power in range(cores.bit_length()) if 1 << power < cores]
    return counts + [cores]


class Progress:
    """One line that is rewritten, and only where somebody watches."""

    def __init__(self):
        self.visible = sys.stdout.isatty()

    def show(self, text):
        if self.visible:
            print(f"\r\033[K{text}", end="", flush=True)

    def clear(self):
        self.show("")

    @contextlib.contextmanager
    def ticking(self, text, seconds):
        """Counts up to `seconds` behind `text` while the body runs."""
        done = threading.Event()

        def tick():
            start = time.monotonic()
            while not done.wait(0.1):
                self.show(f"{text}: {min(time.monotonic() - start, seconds):.1f} of {seconds:.1f} s")

        thread = threading.Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


class Server:
    """One `jackdaw serve`; leaving the context ends it, gently if possible."""

    def __init__(self, program, scratch, mode, backend, workers):
        self.backend = backend
        self.port_file = scratch / "port"
        self.log_file = scratch / "log"
        self.command = [
            program, "serve", "--http", "127.0.0.1:0", "--mode", mode, "--backend", backend,
            "--workers", str(workers), "--port-file", self.port_file]

    def __enter__(self):
        self.port_file.unlink(missing_ok=True)
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent)
        try:
            self.url = f"http://{self.wait_for_address()}"
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.kill()
            return
        self.process.terminate()
        try:
            status = self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"the server did not stop within {STOP_WITHIN_S:.0f} s of SIGTERM") from None
        finally:
            self.kill()
        if status != 0:
            raise Failed(f"the server ended with status {status}: {self.last_words()}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wait_for_address(self):
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            # A line without its end is still being written.
            if self.port_file.exists() and (text := self.port_file.read_text()).endswith("\n"):
                return text.strip()
            if (status := self.process.poll()) is not None:
                words = self.last_words()
                # An orderly refusal names what was refused; a crash has a negative status.
                if self.backend == "io_uring" and status > 0 and "io_uring" in words:
                    raise Unavailable(words)
                raise Failed(f"the server ended with status {status}: {words}")
            time.sleep(0.01)
        raise Failed(f"the server did not listen within {READY_WITHIN_S:.0f} s")

    def last_words(self):
        lines = self.log_file.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "(it said nothing)"

    def stats(self):
        with direct.open(f"{self.url}/stats", timeout=5) as response:
            return json.load(response)


def load(program, scratch, url, connections, seconds):
    """Runs `jackdaw load` and returns its report."""
    report = scratch / "load.json"
    report.unlink(missing_ok=True)
    with subprocess.Popen(
            [program, "load", "--connections", str(connections), "--duration", f"{seconds:g}",
             "--json", report, f"{url}/"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent) as process:
        try:
            _, words = process.communicate(timeout=seconds + 10)
        except BaseException as error:
            process.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                raise Failed("the load did not end in time") from None
            raise
    if process.returncode != 0 or not report.exists():
        raise Failed(f"the load ended with status {process.returncode}: {words.strip()}")
    return json.loads(report.read_text())


def measure(options, scratch, progress, label, mode, backend, workers):
    """Returns the cells of one row."""
    with Server(options.program, scratch, mode, backend, workers) as server:
        if server.stats()["backend"] != backend:
            raise Unavailable(f"the server fell back to {server.stats()['backend']}")
        progress.show(f"{label}: warming up")
        load(options.program, scratch, server.url, options.connections, WARM_UP_S)
        before = server.stats()
        with progress.ticking(label, options.seconds):
            report = load(options.program, scratch, server.url, options.connections, options.seconds)
        after = server.stats()

    if report["errors"] or not report["requests"]:
        raise Failed(f"{report['errors']} of {report['requests']} requests failed")

    def spent(*keys):
        return sum(after[key] - before[key] for key in keys)

    requests = spent("requests")
    latency = report["latency_us"]
    return (
        mode, workers, backend, f"{report['requests_per_s']:,.0f}",
        f"{latency['p50']:,.0f}", f"{latency['p99']:,.0f}", f"{latency['p999']:,.0f}",
        f"{spent('cpu_user_us', 'cpu_system_us') / requests:.2f}",
        f"{spent('syscalls') / requests:.3f}", f"{spent('steals'):,}", f"{spent('parks'):,}")


def line_of(cells):
    """The first three columns are words and stand left, figures stand right."""
    return " ".join(
        f"{cell!s:<{width}}" if index < 3 else f"{cell!s:>{width}}"
        for index, (cell, (_, width)) in enumerate(zip(cells, COLUMNS))).rstrip()


def shorten(text, width):
    return text if len(text) <= width else text[:width - 3] + "..."


def run(options, scratch):
    """Prints the table. Returns the exit status."""
    rows = [(mode, backend, workers)
            for mode, counts in (("multi", worker_counts()), ("asyncio", [1]))
            for workers in counts
            for backend in ("io_uring", "epoll")]
    if options.seconds is None:
        options.seconds = round(
            max(0.5, min(6.0, BUDGET_S / len(rows) - ROW_OVERHEAD_S - WARM_UP_S)), 1)

    print(f"HTTP server under {options.connections} busy connections, {options.seconds:g} s each, "
          f"{len(rows)} rows, on {len(os.sched_getaffinity(0))} cores shared with the load:\n")
    print(line_of([title for title, _ in COLUMNS]))
    print(line_of(["-" * width for _, width in COLUMNS]), flush=True)

    progress = Progress()
    failed = unavailable = 0
    width_left = max(40, shutil.get_terminal_size((120, 24)).columns - 36)
    for number, (mode, backend, workers) in enumerate(rows, 1):
        label = f"Measuring {number} of {len(rows)}: {mode}, workers {workers}, {backend}"
        progress.show(label)
        try:
            cells = measure(options, scratch, progress, label, mode, backend, workers)
            text = line_of(cells)
        except Unavailable as refusal:
            unavailable += 1
            text = line_of((mode, workers, backend)) + f"  refused: {shorten(str(refusal), width_left)}"
        except (Failed, OSError, KeyError, ValueError) as error:
            failed += 1
            text = line_of((mode, workers, backend)) + f"  FAILED: {error!s}"
        progress.clear()
        print(text, flush=True)

    print("\nLatency is what the client saw. CPU and system calls are the server's, per request; steals "
          "and parks\nare totals of the row. `jackdaw doctor` explains the backend.\n")
    if failed:
        print(f"demo: FAILED, {failed} of {len(rows)} rows could not be measured")
        return 1
    note = f"; io_uring is refused here, so {unavailable} rows have no figures" if unavailable else ""
    print(f"demo: OK, {len(rows) - unavailable} rows measured without an error{note}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, help="per row (default: what fits into 45 s)")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("program", type=pathlib.Path, help="the jackdaw command")
    options = parser.parse_args()

    # Ended from outside, we leave through the same door as at the end: nothing stays behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="jackdaw-demo-") as scratch:
        try:
            return run(options, pathlib.Path(scratch))
        except KeyboardInterrupt:
            print("\ndemo: interrupted")
            return 130


if __name__ == "__main__":
    sys.exit(main())
