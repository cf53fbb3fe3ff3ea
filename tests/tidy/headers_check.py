# tests/tidy/headers_check.py
"""Every public header compiles alone, and every one has its test; what the costly ones cost is printed.

The compiler is that of the environment variable CXX, else clang++-19, else g++.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import tidy  # noqa: E402

HERE = "tests/tidy/headers_check.py"
PUBLIC = ("runtime", "io", "adapters")
PARALLEL = 2
SLOWEST = 3

# Headers that need no test of their own, and why.
WITHOUT_TEST = {
    "runtime/base/cache_line.hpp": "one constant",
    "runtime/base/config.hpp": "constants and attributes of the build; tests/compilers holds what they rest on",
    "runtime/base/pause.hpp": "one instruction",
    "runtime/base/this_thread.hpp": "tests/compilers/thread_identity_test.cpp holds that it finds the right thread",
    "runtime/driver.hpp": "an interface; the suite over all drivers tests its implementations",
    "runtime/fork_group.hpp": "half of fork_join.hpp, whose test covers both",
    "runtime/multi_thread/worker_forks.hpp": "fork_join_test.cpp and fork_call_test.cpp see turns, thieves and waits",
    "runtime/parallel/arena.hpp": "called through execution.hpp alone, whose test covers it",
    "runtime/parallel/meeting.hpp": "for ThreadSanitizer alone, which fails execution_test.cpp without it",
}

# Headers that include the rest of their directory; CI watches the time they take.
UMBRELLAS = ("jackdaw.hpp", "runtime.hpp", "io.hpp", "asyncio.hpp", "sync.hpp", "all.hpp")


def compiler():
    candidates = [os.environ.get("CXX"), "clang++-19", "g++"]
    return next((found for found in map(shutil.which, filter(None, candidates)) if found), None)


def compile_alone(command, root, include, header):
    """(seconds, message): the message is empty if a file with nothing but this #include compiles."""
    arguments = [command, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-I", include, "-x", "c++", "-"]
    begin = time.monotonic()
    done = subprocess.run(
        arguments, input=f"#include <jackdaw/{header}>\n", capture_output=True, text=True, cwd=root, check=False
    )
    seconds = time.monotonic() - begin
    errors = [line for line in done.stderr.split("\n") if "error:" in line or "warning:" in line]
    if done.returncode == 0 and not errors:
        return seconds, ""
    return seconds, (errors or [f"{command} failed with status {done.returncode}"])[0].strip()


def alone_findings(root, headers):
    command = compiler()
    if command is None:
        print("no compiler found: whether headers compile alone was not checked")
        return
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        (pathlib.Path(scratch) / "jackdaw").symlink_to(root, target_is_directory=True)
        results = dict(zip(headers, pool.map(lambda header: compile_alone(command, root, scratch, header), headers)))
        slowest = sorted(headers, key=lambda header: results[header], reverse=True)[:SLOWEST]
        for header in headers:
            seconds, message = results[header]
            if len(headers) > SLOWEST and (header.name in UMBRELLAS or header in slowest):
                print(f"{seconds:5.2f} s to include {header}")
            if header.parts[0] == "adapters" and re.search(r"'(?!jackdaw/)[^']+' file not found", message):
                print(f"{header} was not compiled alone: {message}")  # What it adapts to is not installed.
            elif message:
                message = message.replace(f"{scratch}/jackdaw/", "")
                yield f"{header}:1: does not compile alone ({message}); include what it uses, or forward-declare"


def test_findings(root, headers):
    for header in headers:
        test = pathlib.Path("tests") / header.with_name(header.stem + "_test.cpp")
        exempt, tested = header.as_posix() in WITHOUT_TEST, (root / test).is_file()
        if not exempt and not tested and header.name not in UMBRELLAS:
            yield f"{header}:1: has no {test}; write it, or exempt the header with a reason in {HERE}"
        if exempt and tested:
            yield f"{header}:1: exempt from having a test but has {test}; remove it from {HERE}"


def check(root):
    headers = tidy.files(root, PUBLIC, (".hpp",))
    return [*alone_findings(root, headers), *test_findings(root, headers)]


GOOD = "// io/a.hpp\n#pragma once\n#include <vector>\nstd::vector<int> a();\n"
CASES = [
    tidy.Case({"io/a.hpp": "#pragma once\nstd::vector<int> a();\n"}, "does not compile alone"),
    tidy.Case({"io/a.hpp": GOOD}, "has no tests/io/a_test.cpp"),
    tidy.Case({"adapters/a.hpp": GOOD + "#include <none.h>\n", "tests/adapters/a_test.cpp": ""}),
    tidy.Case({"adapters/a.hpp": "#pragma once\nstd::vector<int> a();\n"}, "does not compile alone"),
    tidy.Case({"io/a.hpp": GOOD, "tests/io/a_test.cpp": ""}),
    tidy.Case(
        {
            "io/b.hpp": "#pragma once\n#include <jackdaw/io/a.hpp>\ninline auto b() { return a(); }\n",
            "io/a.hpp": GOOD,
            "tests/io/a_test.cpp": "",
            "tests/io/b_test.cpp": "",
        }
    ),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
