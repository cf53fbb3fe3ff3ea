# tests/tidy/pitfalls_check.py
"""docs/pitfalls.md tells of tests that exist and name their number, and of nothing as unused that io/ uses."""

import re
import sys

sys.dont_write_bytecode = True
import tidy  # noqa: E402

PAGE = "docs/pitfalls.md"
NUMBERS = [f"P{number}" for number in range(1, 39)]
NUMBERS += [f"B{number}" for number in (*range(38, 48), *range(64, 69))]
ROW = re.compile(r"^\|\s*([PB]\d+)\s*\|([^|]*)\|([^|]*)\|\s*$")
WORD = re.compile(r"`([^`]+)`")


def test_findings(root, number, cell):
    """What is wrong with a cell that names tests: `tests/x_test.cpp` `name` `name`; `tests/y_test.cpp` ..."""
    text, path, named = "", None, 0
    for word in WORD.findall(cell):
        if "/" in word:
            path = root / word
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            if not path.is_file():
                yield f"{word} does not exist"
            elif not re.search(rf"\b{number}\b", text):
                yield f"{word} does not name {number}; say in a comment of the test what it guards"
        elif path is not None:
            named += 1
            if not re.search(rf"^(?:TYPED_)?TEST[_FP]*\(\w+,\s*{re.escape(word)}\)", text, re.MULTILINE):
                yield f"{path.name} has no test {word}"
    if named == 0:
        yield "no test is named; name one, or say `no test:` and why, or `unused:` and what"


def unused_findings(root, words, sources):
    for word in words:
        for path, text in sources:
            if word in text:
                yield f"{path} uses {word}, which is called unused"


def check(root):
    if not (root / PAGE).is_file():
        return []
    findings, seen = [], []
    sources = [(path, tidy.blank(tidy.read(root, path))) for path in tidy.files(root, ("io",))]
    for at, line in enumerate(tidy.read(root, PAGE).split("\n"), 1):
        row = ROW.match(line)
        if not row:
            continue
        number, fact, cell = row[1], row[2].strip(), row[3].strip()
        seen.append(number)
        if cell.startswith("unused:"):
            wrong = list(unused_findings(root, WORD.findall(cell), sources))
        elif cell.startswith("no test:"):
            wrong = []
        else:
            wrong = list(test_findings(root, number, cell))
        wrong += [] if fact else ["no fact is told"]
        findings += [f"{PAGE}:{at}: {number}: {each}" for each in wrong]
    for number in NUMBERS:
        if seen.count(number) != 1:
            findings.append(f"{PAGE}:1: {number} has {seen.count(number)} rows, not 1")
    return findings


def page(**rows):
    told = {number: "no test: because" for number in NUMBERS} | rows
    return "".join(f"| {number} | a fact | {cell} |\n" for number, cell in told.items())


TEST = "tests/io/a_test.cpp"
GOOD = "// The fact (P7).\nTEST_P(a_test,\n       it_holds) {}\n"
CASES = [
    tidy.Case({PAGE: page()}),
    tidy.Case({PAGE: page().replace("| P9 |", "| P8 |")}, "P9 has 0 rows"),
    tidy.Case({PAGE: page(P7=f"`{TEST}` `it_holds`"), TEST: GOOD}),
    tidy.Case({PAGE: page(P7=f"`{TEST}` `it_falls`"), TEST: GOOD}, "has no test it_falls"),
    tidy.Case({PAGE: page(P8=f"`{TEST}` `it_holds`"), TEST: GOOD}, "does not name P8"),
    tidy.Case({PAGE: page(P7=f"`{TEST}` `it_holds`")}, "does not exist"),
    tidy.Case({PAGE: page(P7="somewhere")}, "no test is named"),
    tidy.Case({PAGE: page(P7="unused: `splice`"), "io/a.cpp": "// No splice.\nint x;\n"}),
    tidy.Case({PAGE: page(P7="unused: `splice`"), "io/a.cpp": "int x = prep_splice();\n"}, "io/a.cpp uses splice"),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
