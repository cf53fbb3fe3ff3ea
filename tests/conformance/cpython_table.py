# tests/conformance/cpython_table.py
"""Writes docs/asyncio-cpython-tests.md, and its figures in docs/asyncio.md, from cpython_tests.txt.

    cpython_table.py [--check]

    --check    write nothing; say what is stale or wrong, and exit with 1 if anything is

In either case it is wrong if the list names a test or a case that does not exist, or has a line twice; and, where
a CPython 3.13 with its tests is found, if a test of these modules is missing in the list, or one in it does not exist.
"""

import argparse
import ast
import collections
import pathlib
import re
import subprocess
import sys
import textwrap

sys.dont_write_bytecode = True
import record  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIST = HERE / "cpython_tests.txt"
PAGE = ROOT / "docs" / "asyncio-cpython-tests.md"
SUMMARY = ROOT / "docs" / "asyncio.md"
BEGIN, END = "<!-- cpython tests -->", "<!-- end of cpython tests -->"

GTEST = re.compile(r"^(?:TYPED_)?TEST(?:_P|_F)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
KINDS = ("covered", "n/a", "open")

# A line of the list. `by` is what covers it.
Row = collections.namedtuple("Row", "test kind by remark")


def read_list():
    rows = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        test, answer, *remark = line.split(" | ", 2)
        by = () if answer in KINDS else tuple(answer.split())
        rows.append(Row(test, "covered" if by else answer, by, remark[0] if remark else ""))
    return rows


def our_tests():
    """suite.name of every GoogleTest, and conformance:case of every case."""
    names = {f"conformance:{path.stem}" for path in (HERE / "cases").glob("*.cpp")}
    for path in (ROOT / "tests").rglob("*.cpp"):
        names.update(".".join(found) for found in GTEST.findall(path.read_text(encoding="utf-8")))
    return names


def cpython_tests(modules):
    """test_module.Class.test_name of CPython's tests in these modules; None if there is no CPython 3.13.0."""
    python = record.find_python()
    if python is None or record.patch_of(python) != 0:  # The list is 3.13.0's.
        return None
    asked = [python, "-c", "import test.test_asyncio as t; print(t.__path__[0])"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    if found.returncode != 0:  # Some distributions leave the tests out.
        return None
    names = set()
    for module in modules:
        source = pathlib.Path(found.stdout.strip(), f"{module}.py").read_text(encoding="utf-8")
        for owner in ast.parse(source).body:
            for member in getattr(owner, "body", []):
                if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)) and member.name.startswith("test"):
                    names.add(f"{module}.{owner.name}.{member.name}")
    return names


def mistakes(rows):
    ours = our_tests()
    for row in rows:
        yield from (f"{row.test}: there is no {name}" for name in row.by if name not in ours)
        if row.kind != "covered" and not row.remark:
            yield f"{row.test}: {row.kind} without a reason"
    listed = [row.test for row in rows]
    yield from (f"{test}: listed twice" for test, count in collections.Counter(listed).items() if count > 1)
    theirs = cpython_tests(sorted({test.split(".")[0] for test in listed}))
    if theirs is not None:
        yield from (f"{test}: not in the list" for test in sorted(theirs - set(listed)))
        yield from (f"{test}: CPython has no such test" for test in sorted(set(listed) - theirs))


def table(rows):
    lines = []
    owner = None
    for row in rows:
        scope, name = row.test.rsplit(".", 1)
        if scope != owner:
            owner = scope
            lines += ["", f"## {scope}", "", "| test | covered by | remarks |", "|---|---|---|"]
        by = ", ".join(f"`{each}`" for each in row.by) or row.kind
        lines.append(f"| `{name}` | {by} | {row.remark} |")
    return "\n".join([*lines, ""])


def summary(rows):
    count = collections.Counter(row.kind for row in rows)
    text = (
        f"Of the {len(rows)} tests that CPython 3.13 has of these parts of asyncio, {count['covered']} are covered by "
        f"named tests and cases, {count['n/a']} are not applicable to C++"
    )
    if count["open"]:
        text += f", {count['open']} are open"
    return textwrap.fill(f"{text}: [test by test]({PAGE.name}).", 118, break_on_hyphens=False)


def with_block(path, block):
    """What is in the file, with `block` between the markers."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{path}: has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{block}\n{END}{after}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rows = read_list()
    wrong = list(mistakes(rows))
    for path, block in ((PAGE, table(rows)), (SUMMARY, summary(rows))):
        wanted = with_block(path, block)
        if wanted == path.read_text(encoding="utf-8"):
            continue
        if options.check:
            wrong.append(f"{path.relative_to(ROOT)}: is stale; run tests/conformance/cpython_table.py")
        else:
            path.write_text(wanted, encoding="utf-8")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
