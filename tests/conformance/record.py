# tests/conformance/record.py
"""Runs the cases with CPython 3.13 and compares what they print with the recorded traces.

    record.py [--update] [NAME ...]

    --update   write the traces anew instead of failing on a difference

Exits 0 if all traces are CPython's, 1 if one is not (or a case lacks one of its three files), 77 if there
is no CPython 3.13. It looks for python3.13 in PATH and for ~/.pyenv/versions/3.13*/bin/python3.13.

The traces are those of 3.13.0. A case of which a later patch release prints something else says so in a line
"# Not from 3.13.N on: why", and is not compared with such a release.
"""

import argparse
import concurrent.futures
import difflib
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "cases"
TIME_LIMIT_S = 60
SKIPPED = 77


def find_python():
    candidates = [shutil.which("python3.13")]
    candidates += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.13*/bin/python3.13")), reverse=True)
    for candidate in filter(None, candidates):
        # A shim in PATH may be there although its version is not.
        asked = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
        if asked.returncode == 0 and asked.stdout.startswith("Python 3.13."):
            return candidate
    return None


def patch_of(python):
    """The third number of its version."""
    asked = subprocess.run([python, "-c", "import sys; print(sys.version_info.micro)"], capture_output=True, text=True, check=True)
    return int(asked.stdout)


def is_compared_with(script, patch):
    """Whether this patch release prints the trace."""
    changed = re.search(r"^# Not from 3\.13\.(\d+) on: ", script.read_text(encoding="utf-8"), re.MULTILINE)
    return changed is None or patch < int(changed[1])


def record(python, script):
    """What the script prints, its exit status as the last line."""
    real_clock = "\n# real clock\n" in script.read_text(encoding="utf-8")
    command = [python, *([] if real_clock else [HERE / "virtual_clock.py"]), script]
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=TIME_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"exit=more than {TIME_LIMIT_S} s\n", ""
    return f"{done.stdout}exit={done.returncode}\n", done.stderr


def incomplete():
    """Cases of which a file is missing."""
    names = {path.stem for path in CASES.iterdir() if path.suffix in (".py", ".trace", ".cpp")}
    for name in sorted(names):
        missing = [suffix for suffix in (".py", ".trace", ".cpp") if not (CASES / (name + suffix)).is_file()]
        if missing:
            yield f"{name}: no {' and no '.join(name + suffix for suffix in missing)} in {CASES}"


def differs(script, trace, errors):
    """Whether the recorded trace differs; says how."""
    path = script.with_suffix(".trace")
    recorded = path.read_text(encoding="utf-8") if path.is_file() else ""
    if recorded == trace:
        return False
    print(f"FAILED  {script.stem}: CPython prints something else than the trace")
    lines = difflib.unified_diff(recorded.splitlines(), trace.splitlines(), path.name, "CPython", lineterm="")
    print(*lines, sep="\n")
    if errors:
        print(errors)
    return True


def main():
    parser = argparse.ArgumentParser(description="Compares or rewrites the traces of the conformance cases.")
    parser.add_argument("--update", action="store_true", help="write the traces anew")
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases; all if none is named")
    options = parser.parse_args()
    python = find_python()
    if python is None:
        print("SKIPPED: NO CPYTHON 3.13 FOUND (python3.13 in PATH, ~/.pyenv/versions/3.13*); the traces were not re-recorded")
        return SKIPPED
    scripts = [CASES / f"{name}.py" for name in options.names] or sorted(CASES.glob("*.py"))
    patch = patch_of(python)
    changed = [script.stem for script in scripts if not is_compared_with(script, patch)]
    if changed:
        print(f"not compared, since 3.13.{patch} prints something else: {', '.join(changed)}")
        scripts = [script for script in scripts if script.stem not in changed]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for script, (trace, errors) in zip(scripts, pool.map(lambda script: record(python, script), scripts)):
            if options.update:
                script.with_suffix(".trace").write_text(trace, encoding="utf-8")
            else:
                failed += differs(script, trace, errors)
    problems = [] if options.names else list(incomplete())
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{len(scripts)} traces {'written' if options.update else 'compared'} with {python}, {failed} differ")
    return 1 if failed or problems else 0


if __name__ == "__main__":
    sys.exit(main())
