#!/usr/bin/env python3
"""How jackdaw's server, nginx and Go's net/http take it: many idle clients, overload, clients that are slow or rude,
no descriptors, kill -9, replacement, and nobody at all.

    benchmarks/robustness/measure.py --jackdaw build/release/bin/jackdaw [--figures R1 R8 ...] [--peers jackdaw nginx go]
                                     [--small] [--json FILE]

Each figure starts a server of its own and ends it; all stop by themselves. One worker each, all on the machine's
processors, the client beside them, written in Python: figures of latency include it, and are the same for all.
"""

import argparse
import asyncio
import json
import math
import pathlib
import resource
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from figures import FIGURES  # noqa: E402
from subjects import Subject, kinds  # noqa: E402


async def measure(kind, figure, where, scale):
    running = []

    def make(**limits):
        running.append(Subject(kind, where, **limits))
        return running[-1]

    try:
        return await asyncio.wait_for(FIGURES[figure](make, scale), 120)
    finally:
        for server in running:
            server.stop()


def shown(value):
    if isinstance(value, float) and math.isnan(value):
        return "never"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(figure, results):
    print(f"\n{figure}: {FIGURES[figure].__doc__.split(': ', 1)[1]}")
    names = [name for result in results.values() for name in result]
    names = list(dict.fromkeys(names))
    print(f"  {'':12}" + "".join(f"{name:>18}" for name in names))
    for kind, result in results.items():
        print(f"  {kind:12}" + "".join(f"{shown(result[name]) if name in result else '-':>18}" for name in names))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jackdaw", type=pathlib.Path, required=True, help="the program")
    parser.add_argument("--figures", nargs="+", choices=FIGURES, default=list(FIGURES))
    parser.add_argument("--peers", nargs="+", choices=["jackdaw", "nginx", "go"])
    parser.add_argument("--small", action="store_true", help="only to see that it works, and jackdaw alone")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    scale = 0.05 if options.small else 1.0
    names = ["jackdaw"] if options.small else options.peers
    all_results = {}
    with tempfile.TemporaryDirectory(prefix="jackdaw-robustness-") as name:
        where = pathlib.Path(name)
        (where / "files").mkdir()
        (where / "files" / "small").write_text("Hello, World!\n")
        (where / "files" / "ten_mebibytes").write_bytes(bytes(10 << 20))
        for figure in options.figures:
            results = {}
            for kind in kinds(options.jackdaw.resolve(), where, names):
                results[kind.name] = asyncio.run(measure(kind, figure, where, scale))
            show(figure, results)
            all_results[figure] = results
    if options.json:
        options.json.write_text(json.dumps(all_results, indent=1))
    return check(all_results) if options.small else 0


def check(results):
    """What must hold however short it is: counts, and no times."""
    wrong = []

    def expect(figure, holds):
        values = results[figure]["jackdaw"] if figure in results else None
        if values is not None and not holds(values):
            wrong.append(f"{figure}: {values}")

    expect("R1", lambda seen: seen["errors"] == 0)
    expect("R5", lambda seen: seen["errors"] == 0)
    expect("R6", lambda seen: seen["closed"] == 1 and seen["others' errors"] == 0)
    expect("R7", lambda seen: seen["descriptors left"] <= 0 and seen["errors"] == 0)
    expect("R8", lambda seen: seen["errors"] == 0 and seen["next accept ms"] == seen["next accept ms"])
    expect("R12", lambda seen: seen["failed"] == 0 and seen["requests"] > 0)
    for line in wrong:
        print("not as it should be:", line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
