# tests/tidy/style_check.py
"""What a reader may expect of every file: its length, its first line, no leftovers."""

import re
import sys

sys.dont_write_bytecode = True
import tidy  # noqa: E402

FILE_LINES, TEST_LINES, FUNCTION_LINES = 500, 900, 70
# Tables with a function for each row: one list to read from top to bottom.
LONGER = {"tests/conformance/fuzz/gen.py": 1300, "tests/conformance/fuzz/mutants.py": 1300}
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX)\b")
SCOPES = {"class", "struct", "enum", "union", "extern", "concept", "export"}


def functions(found):
    """(line, lines) of each function body, those of classes included, those in functions not."""
    at = 0
    while at < len(found):
        token = found[at]
        if token.text == "{" and token.kind == "block" and token.partner > at:
            head = head_of(found, at)
            if head is None:
                at += 1  # A namespace or class: look inside.
                continue
            yield found[head].line, found[token.partner].line - found[head].line + 1
            at = token.partner
        elif token.text == "{" and token.partner > at:
            at = token.partner
        at += 1


def head_of(found, brace):
    """Where the declaration of the function with this body begins; None for other scopes."""
    begin = brace
    while begin > 0:
        token = found[begin - 1]
        if token.text == ";" or (token.text in "{}" and token.kind == "block"):
            break
        begin = token.partner if token.text in (")", "]", "}") and token.partner >= 0 else begin - 1
    while found[begin].text == "[" or (found[begin].text in ("public", "private", "protected", ":")):
        begin = found[begin].partner + 1 if found[begin].text == "[" else begin + 1
    words = [token.text for token in found[begin:brace]]
    if words and words[0] == "template":
        words = words[words.index(">") + 1 :] if ">" in words else words
    while words and words[-1] in tidy.SPECIFIERS:
        words.pop()
    if "namespace" in words or (words and words[0] in SCOPES and words[-1] != ")"):
        return None
    return begin if "(" in words else None


def text_findings(path, text):
    lines = text.split("\n")
    limit = LONGER.get(path.as_posix(), TEST_LINES if path.parts[0] == "tests" else FILE_LINES)
    if len(lines) - 1 > limit:
        yield f"{path}:{limit}: {len(lines) - 1} lines, more than {limit}; look for the second noun in it and split"
    if text and not text.endswith("\n"):
        yield f"{path}:{len(lines)}: no newline at the end of the file; add it"
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield f"{path}:{number}: a tab; indent with spaces"
        if path.suffix != ".py" and (leftover := LEFTOVER.search(line)):
            yield f"{path}:{number}: {leftover[1]}; an open question is a failing test or an entry in a plan, not a comment"


def code_findings(root, path, text):
    if not re.match(r"// ?\w|///? ?\S|/\*", text):
        yield f"{path}:1: does not begin with a comment; say in its first line what the file is"
    code = tidy.blank(text)
    if path.suffix == ".hpp" and not re.search(r"^#pragma once$", code, re.MULTILINE):
        yield f"{path}:1: no #pragma once; add it below the opening comment"
    for match in re.finditer(r"\busing\s+namespace\s+std\s*;", code):
        yield f"{path}:{tidy.line_of(code, match.start())}: using namespace std; name what you use"
    if path.parts[0] != "tests":
        for line, length in functions(tidy.tokens(text)):
            if length > FUNCTION_LINES:
                yield f"{path}:{line}: a function of {length} lines, more than {FUNCTION_LINES}; look for the second verb"


def check(root):
    findings = []
    for path in tidy.files(root, suffixes=(".hpp", ".cpp", ".py", ".sh")):
        text = tidy.read(root, path)
        findings += text_findings(path, text)
        if path.suffix in (".hpp", ".cpp"):
            findings += code_findings(root, path, text)
    return findings


def one(text, expected=None, path="io/a.cpp"):
    return tidy.Case({path: text}, expected)


LONG = "  call();\n" * 80
CASES = [
    one("// io/a.cpp\n" + "\n" * 600, "more than 500"),
    one("// tests/a_test.cpp\n" + "\n" * 600, path="tests/a_test.cpp"),
    one("// tests/a_test.cpp\n" + "\n" * 1000, "more than 900", path="tests/a_test.cpp"),
    one("// io/a.cpp\nint x;", "no newline"),
    one("// io/a.cpp\n\tint x;\n", "a tab"),
    one("// io/a.cpp\nint x;  // TODO\n", "TODO"),
    one("int x;\n", "begin with a comment"),
    one("// io/a.hpp\nint x;\n", "#pragma once", path="io/a.hpp"),
    one("// io/a.hpp\n// #pragma once\n", "#pragma once", path="io/a.hpp"),
    one("// io/a.hpp\n#pragma once\nint x;\n", path="io/a.hpp"),
    one("// io/a.cpp\nusing namespace std;\n", "name what you use"),
    one("// io/a.cpp\nusing namespace std::chrono_literals;\n"),
    one("// io/a.cpp\nvoid f() {\n" + LONG + "}\n", "a function of 82"),
    one("// io/a.cpp\nnamespace a {\nclass b : c {\n  b() : x{1} {\n" + LONG + "}\n};\n}\n", "a function of 82"),
    one("// io/a.cpp\ntemplate <class T>\nauto f(T t) -> task<T> {\n" + LONG + "}\n", "a function of 83"),
    one("// io/a.cpp\nnamespace a {\nstruct b {\n" + "  void f() { g(); }\n" * 80 + "};\n}\n"),
    one("// io/a.cpp\nclass alignas(64) b final : public c {\n" + "  void f() { g(); }\n" * 80 + "};\n"),
    one("// io/a.cpp\nconst int table[] = {\n" + "  1,\n" * 80 + "};\n"),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
