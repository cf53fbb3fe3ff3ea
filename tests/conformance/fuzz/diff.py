#!/usr/bin/env python3
"""Compares an interpreter of the language with the oracle.

    diff.py --seeds 0..2000 --profile all --cmd './interp'     generated programs
    diff.py --corpus --cmd './interp'                          the golden files
    diff.py --seeds 0..2000                                    coverage only, nothing is compared

The command is run as `CMD PROGRAM`; it must print the trace and exit with 0.  The first differing
programs are shown and kept under --keep.  The exit status is 1 if there was any difference.
"""
import argparse
import collections
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
import warnings

import gen
import lang

HERE = os.path.dirname(os.path.abspath(__file__))
KEPT = os.path.normpath(os.path.join(HERE, "../../../build/fuzz"))


def run_command(command, path, timeout=10):
    """What a command prints for a program; a failure is part of the output."""
    try:
        result = subprocess.run([*command, path], capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return f"!! no end after {timeout} s\n"
    output = result.stdout.decode("utf-8", "replace")
    if result.returncode != 0:
        last = result.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
        output += f"!! exit status {result.returncode}: {last}\n"
    return output


def first_difference(wanted, got, around=4):
    """The lines around the first difference of two traces."""
    wanted, got = wanted.split("\n"), got.split("\n")
    at = next((at for at, (one, other) in enumerate(zip(wanted, got)) if one != other),
              min(len(wanted), len(got)))
    low, high = max(0, at - around), at + around
    return "\n".join(difflib.unified_diff(wanted[low:high], got[low:high], "oracle", "command",
                                          lineterm="", n=around))


def outcome_class(words):
    """The kind of an outcome: numbers are left out, lists are reduced to their kinds."""
    text = re.sub(r"'m\d+'", "message", " ".join(words))
    if text.startswith("["):
        kinds = set(re.findall(r"[A-Za-z]\w*(?=\()|Error|ExceptionGroup", text))
        return "[" + ",".join(sorted(kinds)) + "]"
    text = re.sub(r"ExceptionGroup\[.*\]", "ExceptionGroup", text)
    return re.sub(r"-?\d+", "N", text)


def coverage(trace, counts):
    """Counts (op, kind of outcome) of a trace."""
    for line in trace.splitlines():
        words = line.split()
        if words[1] in ("deadlock", "shutdown", "unhandled", "end"):
            counts[words[1], ""] += 1
        elif words[0] in ("task", "future"):
            counts["final " + words[0], outcome_class(words[2:])] += 1
        elif words[0].isdigit() and len(words) > 3:
            kind = outcome_class(words[4:])
            if words[3] == "wait" and kind.startswith("["):
                kind = " ".join("none" if word == "[]" else "some" for word in words[4:])
            counts[re.sub(r"\d+$", "", words[3]), kind] += 1


def print_coverage(counts):
    """One line per op; then the ops that never ran."""
    by_op = collections.defaultdict(dict)
    for (op, kind), count in counts.items():
        by_op[op][kind] = count
    for op in sorted(by_op):
        kinds = sorted(by_op[op].items(), key=lambda item: -item[1])
        print(f"{op:16}{sum(by_op[op].values()):8}  "
              + "  ".join(f"{kind or '-'}:{count}" for kind, count in kinds[:12]))
    never = sorted(set(lang.SIGNATURES) - set(by_op) - {"try", "repeat"})
    print("never reached:", " ".join(never) or "none")


def cases(args):
    """(name, program text, trace of CPython 3.13) of everything to compare."""
    if args.corpus:
        folder = os.path.join(HERE, "corpus")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".prog"):
                path = os.path.join(folder, name)
                with open(path, encoding="ascii") as file:
                    text = file.read()
                with open(os.path.splitext(path)[0] + ".trace", encoding="ascii") as file:
                    yield name, text, file.read()
        return
    import oracle  # Needs CPython 3.13; the golden files do not.
    first, last = map(int, args.seeds.split(".."))
    without = [name for name in args.without.split(",") if name]
    for seed in range(first, last):
        text = lang.unparse(gen.generate(seed, args.size, args.profile, without))
        yield f"{args.profile}-{seed}.prog", text, oracle.trace(text)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", default="0..200", metavar="A..B", help="seeds A to B-1")
    parser.add_argument("--profile", choices=gen.PROFILES, default="all")
    parser.add_argument("--size", type=int, default=50)
    parser.add_argument("--without", default="", metavar="OP,OP", help="ops to leave out")
    parser.add_argument("--corpus", action="store_true", help="the golden files instead of seeds")
    parser.add_argument("--cmd", help="the interpreter to compare; without it: coverage only")
    parser.add_argument("--show", type=int, default=3, help="differences to show (default 3)")
    parser.add_argument("--keep", default=KEPT, help="folder for differing programs")
    parser.add_argument("--coverage", action="store_true", help="print which ops and outcomes were hit")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    command = shlex.split(args.cmd) if args.cmd else None
    counts, total, different = collections.Counter(), 0, []
    with tempfile.TemporaryDirectory() as folder:
        for name, text, wanted in cases(args):
            total += 1
            coverage(wanted, counts)
            if command is None:
                continue
            path = os.path.join(folder, "program")
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            got = run_command(command, path)
            if got == wanted:
                continue
            different.append(name)
            if len(different) <= args.show:
                os.makedirs(args.keep, exist_ok=True)
                kept = os.path.join(args.keep, name)
                with open(kept, "w", encoding="ascii") as file:
                    file.write(text)
                print(f"== {kept}\n{first_difference(wanted, got)}\n", flush=True)
    if args.coverage or command is None:
        print_coverage(counts)
    if command is not None:
        print(f"{total} programs, {len(different)} different:", " ".join(different[:20]) or "none")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
