#!/usr/bin/env python3
"""Weakens each memory order of the modelled sources in turn, and counts how many of these mutants the models kill.

A mutant is one order replaced by a weaker one that the operation may have. The models of its file are built against it
and run, canaries left out. A mutant that no model kills is a survivor: tests/model/survivors.txt must say why it may
live, and must not name one that does not.

What is copied, built and written lies in build/mutate-orders. Exit status: 0 if all survivors are explained and the
score is reached.
"""

import argparse
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "mutate-orders"
SURVIVORS = ROOT / "tests" / "model" / "survivors.txt"

# Which models a source has.
MODELS = {
    "runtime/fork_joins.hpp": ("fork_joins",),
    "runtime/fork_stack.hpp": ("fork_stack",),
    "runtime/multi_thread/steal_queue.hpp": ("steal_queue",),
    "runtime/multi_thread/idle_set.hpp": ("idle_set",),
    "runtime/multi_thread/shared_queue.hpp": ("idle_set",),
    "io/wake_permit.hpp": ("wake_permit",),
    "runtime/base/spin_lock.hpp": ("spin_lock",),
    "runtime/task_word.hpp": ("task_word",),
}
CHECKER = ("execution", "exploration", "fiber", "trace")
LIBRARY = ("runtime/base/assert.cpp", "runtime/base/only_thread.cpp")
FLAGS = ("-std=c++20", "-O1", "-g0")
RUN_SECONDS = 120
SCORE_MIN = 0.95

LOAD = {"seq_cst": ("acquire", "relaxed"), "acquire": ("relaxed",)}
STORE = {"seq_cst": ("release", "relaxed"), "release": ("relaxed",)}
CHANGE = {
    "seq_cst": ("acq_rel", "acquire", "release", "relaxed"),
    "acq_rel": ("acquire", "release", "relaxed"),
    "acquire": ("relaxed",),
    "release": ("relaxed",),
}
OPERATION = re.compile(r"\b(\w+)(?:\([^()]*\))?(?:\.|->)(load|store|exchange|fetch_\w+|compare_exchange_\w+)\(")
ORDER = re.compile(r"\bstd::memory_order_(\w+)")
FUNCTION = re.compile(r"^ {0,4}(?:\[\[[^\]]*\]\] )?[\w:<>*&, ]*?\b(\w+)\([^;]*$")
REASONS = ("unobservable", "stronger")


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One order, by its place in the text, and what takes its place."""

    path: str
    name: str  # "push head_.load acquire -> relaxed", which outlives changes of lines.
    begin: int
    end: int
    weaker: str
    line: int

    @property
    def key(self):
        return f"{self.path} {self.name}"


def without_comments(text):
    return re.sub(r"//[^\n]*", lambda match: " " * len(match.group()), text)


def closing(text, opening):
    """Where the parenthesis at `opening` is closed."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("a parenthesis is not closed")


def function_at(text, position):
    name = "?"
    for line in text[:position].split("\n"):
        match = FUNCTION.match(line)
        if match and match[1] not in ("if", "while", "for", "switch", "return"):
            name = match[1]
    return name


def mutants_of(path):
    text = without_comments((ROOT / path).read_text())
    count = {}
    for operation in OPERATION.finditer(text):
        end = closing(text, operation.end() - 1)
        # An order in a nested operation belongs to that one.
        inside = text[operation.end() : end]
        nested = [match.span() for match in OPERATION.finditer(inside)]
        orders = [
            match
            for match in ORDER.finditer(inside)
            if not any(begin <= match.start() < closing(inside, stop - 1) for begin, stop in nested)
        ]
        for number, order in enumerate(orders):
            kind = operation[2]
            weaker = LOAD if kind == "load" or number == 1 else STORE if kind == "store" else CHANGE
            role = " failing" if number == 1 else ""
            what = f"{function_at(text, operation.start())} {operation[1]}.{kind}{role}"
            count[what] = count.get(what, 0) + 1
            if count[what] > 1:
                what += f" ({count[what]})"
            begin = operation.end() + order.start(1)
            for choice in weaker.get(order[1], ()):
                yield Mutant(
                    path,
                    f"{what} {order[1]} -> {choice}",
                    begin,
                    begin + len(order[1]),
                    choice,
                    text.count("\n", 0, begin) + 1,
                )


class Laboratory:
    """A copy of the tree in which the mutants are built."""

    def __init__(self, compiler):
        self.compiler = compiler
        self.tree = SCRATCH / "include" / "jackdaw"
        self.objects = SCRATCH / "objects"
        shutil.rmtree(SCRATCH, ignore_errors=True)
        self.objects.mkdir(parents=True)
        for room in ("runtime", "io", "tests/model"):
            shutil.copytree(ROOT / room, self.tree / room)
        # What all tests include and no mutant changes, read once.
        self.header = self.objects / "gtest.pch"
        (self.objects / "gtest.hpp").write_text("#include <gmock/gmock.h>\n#include <gtest/gtest.h>\n")
        command = [compiler, *FLAGS, "-x", "c++-header", self.objects / "gtest.hpp", "-o", self.header]
        subprocess.run(command, check=True)
        sources = [f"tests/model/{name}.cpp" for name in CHECKER] + list(LIBRARY)
        self.common = [self.compile(source) for source in sources]

    def compile(self, source):
        target = self.objects / (pathlib.Path(source).stem + ".o")
        command = [self.compiler, *FLAGS, "-include-pch", self.header, "-I", self.tree.parent, "-c", self.tree / source, "-o", target]
        subprocess.run(command, check=True)
        return target

    def kill(self, models):
        """The model that kills what the tree holds now, or None."""
        for model in models:
            program = self.objects / model
            test = self.compile(f"tests/model/{model}_test.cpp")
            libraries = ["-lgtest_main", "-lgmock", "-lgtest", "-lpthread"]
            subprocess.run([self.compiler, test, *self.common, *libraries, "-o", program], check=True)
            command = [program, "--gtest_filter=-*canary*", "--gtest_fail_fast", "--gtest_brief=1"]
            try:
                done = subprocess.run(
                    command, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=RUN_SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                return f"{model} (without an end)"
            if done.returncode != 0:
                failed = re.search(r"\[  FAILED  \] (\w+\.\w+)", done.stdout)
                return failed[1] if failed else f"{model} (it aborts)"
        return None

    def try_mutant(self, mutant):
        file = self.tree / mutant.path
        text = file.read_text()
        file.write_text(text[: mutant.begin] + mutant.weaker + text[mutant.end :])
        try:
            return self.kill(MODELS[mutant.path])
        finally:
            file.write_text(text)


def explained():
    """{mutant: (kind, reason)} of survivors.txt: a line for the mutant, and an indented one: kind, colon, reason."""
    found, keys = {}, []
    for line in SURVIVORS.read_text().split("\n"):
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            keys = [*keys, line.strip()] if not keys or keys[-1] not in found else [line.strip()]
            continue
        kind, _, reason = line.strip().partition(": ")
        if kind in REASONS and reason:
            found.update({key: (kind, reason) for key in keys})
    return found


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--only", metavar="TEXT", default="", help="mutants whose name contains this")
    parser.add_argument("--list", action="store_true", help="print the mutants, and do nothing")
    parser.add_argument("--compiler", default="clang++-19")
    return parser.parse_args()


def judge(results, partial):
    """Prints the score; what is wrong with it, as lines."""
    reasons = explained()
    survivors = [mutant for mutant, killer in results.items() if killer is None]
    for mutant in survivors:
        if mutant.key not in reasons:
            yield f"{mutant.path}:{mutant.line}: {mutant.name}: no model kills it; add a model, or a reason to {SURVIVORS.name}"
    killed = {mutant.key for mutant, killer in results.items() if killer is not None}
    known = {mutant.key for path in MODELS for mutant in mutants_of(path)}
    for key in reasons:
        if key in killed:
            yield f"{SURVIVORS.name}: {key}: is killed; take it out"
        if key not in known:
            yield f"{SURVIVORS.name}: {key}: there is no such mutant; take it out"
    needless = [mutant for mutant in survivors if reasons.get(mutant.key, ("",))[0] == "stronger"]
    needed = len(results) - len(needless)
    score = len(killed) / needed if needed else 1.0
    print(f"{len(results)} mutants: {len(killed)} killed, {len(survivors)} survive")
    print(f"{len(needless)} of the survivors are orders stronger than needed; of the others {score:.1%} are killed")
    if not partial and score < SCORE_MIN:
        yield f"the score is below {SCORE_MIN:.0%}"


def main():
    options = arguments()
    mutants = [mutant for path in MODELS for mutant in mutants_of(path) if options.only in mutant.key]
    if options.list:
        print("\n".join(mutant.key for mutant in mutants))
        return 0
    laboratory = Laboratory(options.compiler)
    for models in set(MODELS[mutant.path] for mutant in mutants):
        killer = laboratory.kill(models)
        if killer is not None:
            print(f"{killer} fails without any mutant")
            return 1
    results = {}
    for number, mutant in enumerate(mutants, 1):
        begin = time.monotonic()
        results[mutant] = laboratory.try_mutant(mutant)
        fate = results[mutant] or "SURVIVES"
        print(f"{number}/{len(mutants)} {mutant.key}: {fate} ({time.monotonic() - begin:.0f} s)", flush=True)
    wrong = list(judge(results, bool(options.only)))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
