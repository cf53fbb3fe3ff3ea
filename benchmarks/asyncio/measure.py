#!/usr/bin/env python3
"""Runs the problems of problems.cpp and problems.py, and prints how they compare.

    benchmarks/asyncio/measure.py build/release/bin/bench_asyncio [--only PROBLEM ...] [--rounds N]

Each problem runs in jackdaw's asyncio mode, in CPython's asyncio and in uvloop, each time in a process of
its own, round by round in turn: what disturbs the machine disturbs all. The table has the median of the
rounds, their range, and the ratio of the medians. A loop that is not installed is left out.
scripts/bench asyncio builds and installs what this needs.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NOT_INSTALLED = 77

# How often: in jackdaw, in Python. The same number where it decides what one operation costs.
PROBLEMS = {
    "call_soon_chain": (2_000_000, 200_000),
    "call_soon_burst": (100_000, 100_000),
    "await_coroutine": (10_000_000, 1_000_000),
    "create_and_await": (1_000_000, 100_000),
    "gather_all": (200_000, 200_000),
    "queue_hand_off": (1_000_000, 100_000),
    "sleep_zero": (2_000_000, 200_000),
    "timer_cancel": (100_000, 100_000),
    "timer_fire": (100_000, 100_000),
    "protocol_echo": (200_000, 100_000),
    "streams_echo": (200_000, 50_000),
    "suspended": (100_000, 100_000),
}
SMALL = 1_000
LOOPS = ("jackdaw", "asyncio", "uvloop")


def run_one(command):
    """What one process printed; None if it says that its loop is not installed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode == NOT_INSTALLED:
        return None
    if done.returncode != 0:
        raise SystemExit(f"{shlex.join(command)}: exit status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def command_of(options, loop, problem):
    counts = (SMALL, SMALL) if options.small else PROBLEMS[problem]
    if loop == "jackdaw":
        return [options.program, problem, str(counts[0]), *options.backend]
    return [options.python, str(HERE / "problems.py"), problem, str(counts[1]), "--loop", loop]


def measure(options):
    """{problem: {loop: [what each round printed]}}"""
    missing = set()
    results = {problem: {loop: [] for loop in LOOPS} for problem in options.only}
    for number in range(options.rounds):
        for problem in options.only:
            for loop in LOOPS:
                if loop in missing:
                    continue
                printed = run_one(command_of(options, loop, problem))
                if printed is None:
                    missing.add(loop)
                    print(f"left out: {options.python} has no {loop}", file=sys.stderr)
                else:
                    results[problem][loop].append(printed)
        print(f"round {number + 1} of {options.rounds} done", file=sys.stderr, flush=True)
    return {problem: {loop: rounds for loop, rounds in loops.items() if rounds}
            for problem, loops in results.items()}


def cell(values):
    """Median and range."""
    digits = 1 if statistics.median(values) < 1000 else 0
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}..{max(values):,.{digits}f})"


def print_table(results, quantity):
    """One row per problem. `quantity`: "ns" or "bytes", per operation."""
    rows = [[quantity, *LOOPS, "asyncio / jackdaw", "uvloop / jackdaw"]]
    for problem, loops in results.items():
        values = {loop: [each[quantity] for each in rounds] for loop, rounds in loops.items()}
        if not any(any(each) for each in values.values()):
            continue
        row = [problem, *(cell(values[loop]) if loop in values else "-" for loop in LOOPS)]
        own = statistics.median(values["jackdaw"])
        for loop in LOOPS[1:]:
            row.append(f"{statistics.median(values[loop]) / own:.1f}" if loop in values and own > 0 else "-")
        rows.append(row)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        print("  ".join([row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:]))]))
        if number == 0:
            print("  ".join("-" * width for width in widths))


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip().splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


def manifest(options):
    """What the figures depend on."""
    processor = next((line.split(":", 1)[1].strip() for line in
                      pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
                     platform.machine())
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv),
        "machine": f"{processor}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "compiler": options.compiler,
        "commit": first_line(["git", "-C", str(HERE), "describe", "--always", "--dirty"]),
        "python": first_line([options.python, "-c", "import sys; print(sys.version)"]),
        "uvloop": first_line([options.python, "-c", "import uvloop; print(uvloop.__version__)"]),
        "nice": os.nice(0),
        "load_before": os.getloadavg(),
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program", help="bench_asyncio")
    parser.add_argument("--only", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--small", action="store_true", help="only see that everything runs")
    parser.add_argument("--backend", nargs=1, choices=("io_uring", "epoll"), default=[],
                        help="of jackdaw; without it: what it chooses")
    # Not the one that runs this: Debian's packages are for Debian's.
    debians = "/usr/bin/python3"
    parser.add_argument("--python", default=debians if os.path.exists(debians) else sys.executable)
    parser.add_argument("--compiler", default="unknown", help="for the record")
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file: every round, and the record")
    options = parser.parse_args()
    if options.small:
        options.rounds = 1
    return options


def main():
    options = parse()
    record = manifest(options)
    results = measure(options)
    record["load_after"] = os.getloadavg()
    for key, value in record.items():
        print(f"{key + ':':13}{value}")
    for quantity in ("ns", "bytes"):
        print()
        print_table(results, quantity)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps({"manifest": record, "results": results}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
