#!/usr/bin/env python3
"""Records what CPython 3.13 does when tasks are cancelled at every step of the sweep's scenarios.

    sweep.py [FILE ...]                        compares with the recorded checksums
    sweep.py --update [FILE ...]               writes them anew
    sweep.py --show FILE/SCENARIO [STEP TASK]...   prints CPython's trace of one point

A FILE is the stem of a file in scenarios/.  Exits 0 if all checksums are CPython's, 1 if one is not, 77
if there is no CPython 3.13.  What a scenario, a step and a point are: README.md.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import zlib

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fuzz")]
from record import SKIPPED, find_python  # noqa: E402

SCENARIOS = HERE / "scenarios"
GOLDEN = HERE / "golden"
#: How many steps after a cancellation the same task is cancelled again.
AGAIN = (1, 2, 3, 4, 6)


def scenarios(path):
    """The scenarios of a file, as [(name, program)]: line numbers are those of the file."""
    lines = path.read_text(encoding="ascii").split("\n")
    starts = [at for at, line in enumerate(lines) if line.startswith("scenario ")]
    for start, end in zip(starts, starts[1:] + [len(lines)]):
        head, before = lines[:starts[0]], [""] * (start + 1 - starts[0])
        yield lines[start].split()[1], "\n".join(head + before + lines[start + 1:end]) + "\n"


class Run:
    """One run of a program with tasks cancelled on the way: `plan` is [(step, name of the task)]."""

    def __init__(self, program, plan, watch=False, tell=False):
        import oracle
        self.plan = [(step, name, f"i{number}") for number, (step, name) in enumerate(plan, 1)]
        self.watch, self.tell = watch, tell
        self.pending = []    # by step: the names of the tasks that are not done
        self.cancelled = 0   # how many of the plan were not done when their step came
        self.trace = oracle.Interpreter(program, before_step=self.before_step).run()

    def before_step(self, interpreter, number):
        if self.watch:
            self.pending.append(interpreter.names(interpreter.loop.pending_tasks()))
        if self.tell:
            interpreter.emit(interpreter.loop.time(), "step", number)
        for step, name, message in self.plan:
            if step == number:
                self.cancelled += interpreter.cancel_task(step, name, message)


def checksum(trace):
    """Six digits: no two points are ever compared with each other."""
    return f"{zlib.crc32(trace.encode()) & 0xffffff:06x}"


def lines_of(name, program):
    """The golden lines of a scenario: README.md says what they mean."""
    base = Run(program, [], watch=True)
    yield f"scenario {name} {checksum(base.trace)}"
    for step, names in enumerate(base.pending):
        for at, name in enumerate(names):
            line = f"{step} {name} {checksum(Run(program, [(step, name)]).trace)}"
            for later in AGAIN:
                run = Run(program, [(step, name), (step + later, name)])
                if run.cancelled < 2:
                    break
                line += f" +{later}:{checksum(run.trace)}"
            for other in names[at + 1:at + 2]:
                line += f" {other}:{checksum(Run(program, [(step, name), (step, other)]).trace)}"
            yield line


def recorded(path):
    """The golden text of a file of scenarios."""
    import lang
    lines = [line for name, text in scenarios(path) for line in lines_of(name, lang.parse(text))]
    return "\n".join(lines) + "\n"


def show(words):
    """Prints the trace of one point, with a line for every step."""
    import lang
    file, name = words[0].split("/")
    programs = dict(scenarios(SCENARIOS / f"{file}.prog"))
    plan = [(int(step), task) for step, task in zip(words[1::2], words[2::2])]
    sys.stdout.write(Run(lang.parse(programs[name]), plan, tell=True).trace)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--update", action="store_true", help="write the checksums anew")
    parser.add_argument("--show", action="store_true", help="FILE/SCENARIO [STEP TASK]...")
    parser.add_argument("names", nargs="*", metavar="FILE")
    options = parser.parse_args()
    if sys.version_info[:2] != (3, 13):
        python = find_python()
        if python is None:
            print("SKIPPED: NO CPYTHON 3.13 FOUND (python3.13 in PATH, ~/.pyenv/versions/3.13*)")
            return SKIPPED
        return subprocess.run([python, *sys.argv], check=False).returncode
    if options.show:
        return show(options.names)
    files = [SCENARIOS / f"{name}.prog" for name in options.names] or sorted(SCENARIOS.glob("*.prog"))
    total, different = 0, []
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for path, text in zip(files, pool.map(recorded, files)):
            total += sum(len(line.split()) - 2 for line in text.splitlines())
            golden = GOLDEN / f"{path.stem}.txt"
            if options.update:
                golden.write_text(text, encoding="ascii")
            elif not golden.is_file() or golden.read_text(encoding="ascii") != text:
                different.append(path.stem)
    print(f"{total} points {'written' if options.update else 'compared'}; different: "
          f"{' '.join(different) or 'none'}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
