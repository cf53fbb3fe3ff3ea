# tests/tidy/docs_check.py
"""The documents tell of this tree: paths exist, listings equal their files, decisions are complete."""

import re
import sys

sys.dont_write_bytecode = True
import tidy  # noqa: E402

COLUMNS = 140
TOP = (*tidy.ROOMS, "docs", "scripts", "cmake", "deploy", ".ci")
SECTIONS = ("Context", "Options", "Choice", "What would change our mind")

INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PATH = re.compile(r"(?:jackdaw/)?((?:%s)/[\w./{},*-]*)" % "|".join(re.escape(room) for room in TOP))
MARKER = re.compile(r"<!--\s*file:\s*(\S+)\s*-->\s*\n+```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
CPP_BLOCK = re.compile(r"^```(?:cpp|c\+\+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def documents(root):
    """Every document of the project, as paths relative to `root`."""
    found = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    return sorted(path.relative_to(root) for path in found)


def without_listings(text):
    """`text` with the contents of its code blocks blanked, lines kept."""
    return re.sub(r"(?ms)^```.*?^```", lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def alternatives(path):
    """a.{hpp,cpp} -> a.hpp, a.cpp"""
    choice = re.search(r"\{([^{}]*)\}", path)
    if not choice:
        return [path]
    return [path[: choice.start()] + part + path[choice.end() :] for part in choice[1].split(",")]


def exists(root, path):
    if "*" in path:
        return any(root.glob(path.rstrip("/")))
    return (root / path).exists()


def path_findings(root, document, text):
    for match in INLINE.finditer(without_listings(text)):
        word = re.sub(r":\d+$", "", match[1].strip().strip("<>").split(" ")[0])
        path = PATH.fullmatch(word)
        for one_path in alternatives(path[1]) if path else ():
            if not exists(root, one_path):
                yield (
                    f"{document}:{tidy.line_of(text, match.start())}: `{one_path}` does not exist; "
                    "write where it is now, or describe it without a path"
                )


def listing_findings(root, document, text):
    claimed = []
    for match in MARKER.finditer(text):
        claimed.append(match.end())
        line, file = tidy.line_of(text, match.start()), root / match[1]
        if not file.is_file():
            yield f"{document}:{line}: the listing claims to be {match[1]}, which does not exist; correct the marker"
        elif file.read_text(encoding="utf-8").strip() != match[2].strip():
            yield f"{document}:{line}: the listing differs from {match[1]}; copy the file into the document"
    for match in CPP_BLOCK.finditer(text):
        if document.name == "README.md" and "int main" in match[1] and match.end() not in claimed:
            yield (
                f"{document}:{tidy.line_of(text, match.start())}: a program that no file of examples/ backs; put it "
                "there and write <!-- file: examples/... --> above the listing"
            )


def line_findings(document, text):
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS and not line.lstrip().startswith("|"):
            yield f"{document}:{number}: {len(line)} columns, more than {COLUMNS}; break the line"


def decision_findings(document, text):
    headings = [heading.strip().lower() for heading in re.findall(r"^#+\s*(.*)$", text, re.MULTILINE)]
    for section in SECTIONS:
        if not any(heading.startswith(section.lower()) for heading in headings):
            yield f"{document}:1: no section \"{section}\"; a decision has {', '.join(SECTIONS)}"


def check(root):
    findings = []
    for document in documents(root):
        text = tidy.read(root, document)
        findings += line_findings(document, text)
        findings += listing_findings(root, document, text)
        is_decision = re.fullmatch(r"docs/decisions/\d{4}-.*\.md", document.as_posix())
        if is_decision:
            findings += decision_findings(document, text)
        elif document.name != "CHANGELOG.md":  # Decisions and the log also tell of what no longer is.
            findings += path_findings(root, document, text)
    return findings


PROGRAM = "int main() {}\n"
LISTING = f"<!-- file: examples/a.cpp -->\n```cpp\n{PROGRAM}```\n"
DECISION = "# Title\n## Context\n## Options\n## Choice\n"
CASES = [
    tidy.Case({"docs/tour.md": "See `runtime/task.hpp`.\n"}, "does not exist"),
    tidy.Case({"README.md": "See `io/` and `scripts/demo --fast`.\n"}, "`io/` does not exist"),
    tidy.Case({"README.md": "See `scripts/demo --fast`.\n"}, "`scripts/demo` does not exist"),
    tidy.Case({"README.md": "`io/a.{hpp,cpp}`\n", "io/a.hpp": ""}, "`io/a.cpp` does not exist"),
    tidy.Case({"README.md": "`<jackdaw/io/a.hpp>` `io/a.hpp:12` `io/*.hpp` `io/` `a/b`\n", "io/a.hpp": ""}),
    tidy.Case({"README.md": "```\n`io/none`\n```\n"}),
    tidy.Case({"README.md": LISTING, "examples/a.cpp": "int main() { return 1; }\n"}, "differs from examples/a.cpp"),
    tidy.Case({"README.md": LISTING}, "claims to be examples/a.cpp"),
    tidy.Case({"README.md": LISTING, "examples/a.cpp": PROGRAM}),
    tidy.Case({"README.md": f"```cpp\n{PROGRAM}```\n"}, "no file of examples/"),
    tidy.Case({"docs/guide.md": "x" * 141 + "\n"}, "141 columns"),
    tidy.Case({"docs/guide.md": "|" + "x" * 200 + "|\n"}),
    tidy.Case({"docs/decisions/0001-a.md": DECISION}, "What would change our mind"),
    tidy.Case({"docs/decisions/0001-a.md": DECISION + "## What would change our mind\n`io/gone.hpp`\n"}),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
