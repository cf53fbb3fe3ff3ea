"""The programs: every file <problem>/<library>.<extension> of this directory, and how to run one."""

import dataclasses
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NOT_APPLICABLE = 77
SECONDS_MAX = 300

COMPILED = {".cpp": "C++", ".rs": "Rust", ".go": "Go"}
INTERPRETED = {".py": "Python", ".sh": "shell"}
# Debian's packages are for Debian's Python, which need not be the one that runs this.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


class Failed(Exception):
    """A program that did not end as it should."""


@dataclasses.dataclass(frozen=True)
class Program:
    directory: str
    library: str
    source: pathlib.Path
    arguments: tuple = ()

    @property
    def compiled(self):
        return self.source.suffix in COMPILED

    @property
    def language(self):
        return {**COMPILED, **INTERPRETED}[self.source.suffix]

    def executable(self, binaries):
        return binaries / self.directory / self.library

    def present(self, binaries):
        return not self.compiled or self.executable(binaries).exists()

    def command(self, binaries):
        if self.compiled:
            start = [str(self.executable(binaries))]
        else:
            start = [PYTHON if self.source.suffix == ".py" else "/bin/sh", str(self.source)]
        return [*start, *self.arguments]


def find_programs():
    """All of them, jackdaw first, then by name."""
    found = []
    for source in HERE.glob("*/*.*"):
        if source.parent.name == "support" or source.suffix not in {**COMPILED, **INTERPRETED}:
            continue
        directory = source.parent.name
        if source.stem == "cpython":  # One program, two loops.
            found += [Program(directory, loop, source, ("--loop", loop)) for loop in ("asyncio", "uvloop")]
        else:
            found.append(Program(directory, source.stem, source))
    return sorted(found, key=lambda program: (not program.library.startswith("jackdaw"), program.library))


def run(program, problem, workers, options):
    """What the program printed; None if it says that it does not apply."""
    command = [*program.command(options.binaries), *problem.arguments, "--workers", str(workers),
               "--size", str(problem.size_for(program.library, options.small))]
    environment = dict(os.environ, PYTHONPATH=str(HERE / "support"), PYTHONDONTWRITEBYTECODE="1")
    if options.allocator:
        environment["LD_PRELOAD"] = options.allocator
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, env=environment,
                              check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{shlex.join(command)}: not done after {SECONDS_MAX} s") from error
    if done.returncode == NOT_APPLICABLE:
        return None
    if done.returncode != 0:
        raise Failed(f"{shlex.join(command)}: exit status {done.returncode}\n{done.stderr.strip()}")
    return json.loads(done.stdout)


def find_allocator():
    """tcmalloc's library, for all but Go, which never asks malloc. Empty if it is not installed."""
    for name in ("libtcmalloc_minimal.so.4", "libtcmalloc_minimal.so"):
        for directory in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"):
            path = pathlib.Path(directory, name)
            if path.exists():
                return str(path)
    return ""


def tool(name):
    """The path of a program of the system, or None."""
    return shutil.which(name)
