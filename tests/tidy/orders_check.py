# tests/tidy/orders_check.py
"""An explicit memory order carries a label or a justification; no stand-alone fence anywhere."""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
import tidy  # noqa: E402

ROOMS = ("runtime", "io", "adapters", "tools", "examples")
LINES_ABOVE = 3

ORDER = re.compile(r"\bmemory_order(_|::)(relaxed|consume|acquire|release|acq_rel|seq_cst)\b")
FENCE = re.compile(r"\batomic_(thread|signal)_fence\b")
COMMENT = re.compile(r"//+\s*\w")
# "// P1", "// P1: why", "// P1, I2 ..."; not "// C20 allows" and the like, which are words.
LABELS = re.compile(r"//+\s*((?:[A-Z]\d{1,2})(?:\s*(?:,|and|/)\s*[A-Z]\d{1,2})*)\s*(?=$|[:.;()\u2014-])", re.MULTILINE)
INCLUDE = re.compile(r"^#include <jackdaw/([^>]+)>", re.MULTILINE)
LABEL = re.compile(r"[A-Z]\d{1,2}")


def justified(lines, code, number):
    """Whether a comment stands on the statement of line `number` (from 0) or just above it."""
    last = number
    while last + 1 < len(lines) and last < number + LINES_ABOVE and not re.search(r"[;{}]\s*$", code[last].rstrip()):
        last += 1
    return any(COMMENT.search(line) for line in lines[max(number - LINES_ABOVE, 0) : last + 1])


def essays(root, path):
    """The files whose comments may explain a label: this one, its header, what they include, and what
    that includes in turn as long as it is in the same directory: a protocol of several files has one essay."""
    found = [name for name in (path, path.with_suffix(".hpp")) if (root / name).is_file()]
    for name in found:  # Grows while we go.
        if name.parent == path.parent:
            for included in map(pathlib.Path, INCLUDE.findall(tidy.read(root, name))):
                if included not in found and (root / included).is_file():
                    found.append(included)
    return found


def explained_labels(root, path):
    """Labels that a whole-line comment with a text in it introduces."""
    known = set()
    for name in essays(root, path):
        for line in tidy.read(root, name).split("\n"):
            essay = re.match(r"\s*//+(.*)", line)
            if essay and re.search(r"[a-z]{2}", essay[1]):
                known.update(LABEL.findall(essay[1]))
    return known


def order_findings(root, path, text, code):
    lines, code_lines = text.split("\n"), code.split("\n")
    known = None
    for number, line in enumerate(lines):
        if ORDER.search(code_lines[number]) and not justified(lines, code_lines, number):
            yield (
                f"{path}:{number + 1}: an explicit memory order without a reason; add its label (`// P1`) and the "
                f"argument in the essay, or say within {LINES_ABOVE} lines above why this order is enough"
            )
        used = LABELS.search(line) if code_lines[number].strip() else None
        if used:
            known = explained_labels(root, path) if known is None else known
            for label in sorted(set(LABEL.findall(used[1])) - known):
                yield f"{path}:{number + 1}: label {label} is in no essay of this file or its headers; describe the step"


def check(root):
    findings = []
    for path in tidy.files(root):
        text = tidy.read(root, path)
        code = tidy.blank(text)
        for match in FENCE.finditer(code):
            findings.append(
                f"{path}:{tidy.line_of(text, match.start())}: a stand-alone fence, which ThreadSanitizer does not see; "
                "use a seq_cst operation on the variable itself"
            )
        if path.parts[0] in ROOMS:
            findings += order_findings(root, path, text, code)
    return findings


def one(text, expected=None):
    return tidy.Case({"runtime/a.cpp": text}, expected)


CASES = [
    one("int x;\n\n\n\n  a.load(std::memory_order_acquire);\n", "without a reason"),
    one("// Why.\n\n\n\n\n  a.load(std::memory_order::relaxed);\n", "without a reason"),
    one("  a.load(std::memory_order_acquire);  // P1\n", "label P1"),
    one("  a.load(std::memory_order_acquire);  // P1, P2: both\n//   P1  publish the work\n", "label P2"),
    one("  std::atomic_thread_fence(std::memory_order_seq_cst);  // Why.\n", "stand-alone fence"),
    tidy.Case({"tests/a_test.cpp": "std::atomic_thread_fence(x);\n"}, "stand-alone fence"),
    one("//   P1  publish the work\n\n\n\n\n  a.load(std::memory_order_acquire);  // P1\n"),
    one("  // The lock orders this.\n  a.store(1,\n          std::memory_order_relaxed);\n"),
    one("  a.compare_exchange_weak(x, y, std::memory_order_acq_rel,\n    std::memory_order_relaxed);  // As counted.\n"),
    one("// memory_order_acquire, atomic_thread_fence\nauto s = \"memory_order_acquire\";\n"),
    one("void load(std::memory_order order);\n"),
    tidy.Case({"runtime/a.hpp": "//   P1  publish the work\n", "runtime/a.cpp": "a.load();  // P1\n"}),
    tidy.Case({"io/b.hpp": "//   P1  publish\n", "io/a.cpp": "#include <jackdaw/io/b.hpp>\na.load();  // P1\n"}),
    tidy.Case({"tests/a_test.cpp": "a.load(std::memory_order_relaxed);\n"}),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
