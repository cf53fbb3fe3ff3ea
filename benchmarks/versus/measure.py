#!/usr/bin/env python3
"""Measures jackdaw and its peers on the same problems. See README.md; scripts/bench versus installs what it
needs and calls it.

    scripts/bench versus --problems fib spawn --peers onetbb go --workers 1 2 --rounds 9 --out build/before.json
"""

import argparse
import os
import pathlib
import sys

import build
import google_benchmark
import manifest
import problem
import program
import rounds
import table

ROOT = program.HERE.parent.parent


def parse(known):
    parser = argparse.ArgumentParser(prog="scripts/bench versus", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    libraries = sorted({each.library for each in known})
    parser.add_argument("--problems", nargs="+", choices=problem.PROBLEMS, default=list(problem.PROBLEMS),
                        metavar="PROBLEM", help="of: " + " ".join(problem.PROBLEMS))
    parser.add_argument("--peers", nargs="+", choices=libraries, metavar="PEER",
                        help="beside jackdaw; default: all of: " + " ".join(libraries))
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2], metavar="N", help="default: 1 2")
    parser.add_argument("--rounds", type=int, default=9, help="default: 9, what the U test wants")
    parser.add_argument("--small", action="store_true", help="one round, tiny: only see that everything runs")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/bench/versus.json",
                        help="Google Benchmark's JSON; beside it goes the report, .html")
    parser.add_argument("--render", type=pathlib.Path, metavar="F.json",
                        help="measure nothing: the table and the report of an earlier --out")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/versus", help="where to build")
    parser.add_argument("--binaries", type=pathlib.Path, help="build nothing: they are here")
    parser.add_argument("--compiler", default="clang++-19", help="for C++; default: clang++-19")
    parser.add_argument("--jobs", default=str(os.cpu_count()), help="of the build")
    parser.add_argument("--allocator", default=program.find_allocator(),
                        help="a library to preload; empty: none. Default: tcmalloc's, if it is there")
    options = parser.parse_args()
    if options.small:
        options.rounds = 1
    if options.rounds < 1 or min(options.workers) < 1:
        parser.error("--rounds and --workers are positive")
    return options


def chosen_programs(options, known):
    directories = {problem.PROBLEMS[name].directory for name in options.problems}
    return [each for each in known if each.directory in directories and
            (options.peers is None or each.library in options.peers or each.library.startswith("jackdaw"))]


def write_report(path, series, record):
    if not any(each.rounds for each in series):
        return
    try:
        import report
    except ImportError as error:
        print(f"versus: no report, {error}: install python3-matplotlib")
        return
    report.write(path, series, record)
    print(f"versus: {path}")


def main():
    known = program.find_programs()
    options = parse(known)
    if options.render:
        series, record = google_benchmark.read(options.render, problem.PROBLEMS.values(), known)
        table.show(series)
        write_report(options.out.with_suffix(".html"), series, record)
        return 0

    programs = chosen_programs(options, known)
    if options.binaries is None:
        options.binaries = build.build_all(options, programs)
    for each in programs:
        if not each.present(options.binaries):
            print(f"versus: SKIPPED {each.directory}/{each.library}: not built")
    programs = [each for each in programs if each.present(options.binaries)]
    record = manifest.write(options, programs)
    problems = [problem.PROBLEMS[name] for name in options.problems]
    series = rounds.measure(rounds.plan(problems, programs, options.workers), options)
    record["load after"] = " ".join(f"{each:.2f}" for each in os.getloadavg())

    table.show(series)
    print()
    google_benchmark.write(options.out, series, record)
    print(f"versus: {options.out}")
    write_report(options.out.with_suffix(".html"), series, record)
    return 1 if any(each.failure for each in series) or not any(each.rounds for each in series) else 0


if __name__ == "__main__":
    sys.exit(main())
