# tests/tidy/tidy.py
"""What every check shares: finding files, blanking comments, tokens and braces, self-tests, the verdict.

A check is a function from the root of the tree to a list of findings, each of the form
"file:line: what is wrong; what to do". It comes with cases: small trees of which the finding is
known (or known to be absent). A check that misses its own bad examples is worth nothing, so the
cases run before every real run. A case that expects no finding protects a spelling that is right.
"""

import dataclasses
import pathlib
import re
import sys
import tempfile

ROOMS = ("runtime", "io", "adapters", "tools", "examples", "tests", "benchmarks")


def files(root, rooms=ROOMS, suffixes=(".hpp", ".cpp")):
    """The files below the given rooms, as paths relative to `root`, sorted."""
    found = []
    for room in rooms:
        found += [path for path in (root / room).rglob("*") if path.suffix in suffixes and path.is_file()]
    return sorted(path.relative_to(root) for path in found)


def read(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace")


PIECE = re.compile(
    r'(?P<raw>\bu?8?[LU]?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")'
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>\b\d[\w.']*)"
    r"|(?P<char>'(?:[^'\\\n]|\\.)+')",
    re.DOTALL,
)


def blank(text):
    """`text` without comments and without the contents of literals; every other place unchanged."""

    def spaces(piece):
        return re.sub(r"[^\n]", " ", piece)

    def replace(match):
        piece = match.group()
        if match.lastgroup == "comment":
            return spaces(piece)
        if match.lastgroup == "number":
            return piece.replace("'", "0")
        return piece[0] + spaces(piece[1:-1]) + piece[-1]

    return PIECE.sub(replace, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


@dataclasses.dataclass
class Token:
    text: str
    line: int
    partner: int = -1  # Index of the matching bracket.
    kind: str = ""  # Of a "{": "block", "lambda" or "init".


TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|::|->|\[\[|\]\]|&&|<=>|\S")
SPECIFIERS = {"const", "noexcept", "override", "final", "mutable", "constexpr", "&", "&&"}
BEFORE_BLOCK = {"", ";", "{", "}", ")", "else", "do", "try", "requires", ":"} | SPECIFIERS


def tokens(text):
    """Tokens of C++ source without preprocessor lines; brackets matched, braces classified."""
    code = re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), blank(text))
    found, line, last = [], 1, 0
    for match in TOKEN.finditer(code):
        line += code.count("\n", last, match.start())
        last = match.start()
        # "[[" and "]]" are attributes only as a pair; a subscript in a subscript ends in two tokens.
        pieces = [match.group()] if match.group() not in ("[[", "]]") else list(match.group())
        found += [Token(piece, line) for piece in pieces]
    open_brackets = []
    for index, token in enumerate(found):
        if token.text in ("(", "[", "{"):
            open_brackets.append(index)
            if token.text == "{":
                token.kind = _kind_of_brace(found, index)
        elif token.text in (")", "]", "}") and open_brackets:
            start = open_brackets.pop()
            found[start].partner, token.partner = index, start
            token.kind = found[start].kind
    return found


def _kind_of_brace(found, index):
    """What a "{" begins: a lambda's body, a block (function, class, statement) or an initialiser."""
    at = index - 1

    def text(position):
        return found[position].text if position >= 0 else ""

    # A trailing return type: "-> task<int> {".
    back = at
    while back >= 0 and (re.match(r"\w|::|[<>&*,]", text(back)) or text(back) == "->"):
        if text(back) == "->":
            at = back - 1
            break
        back -= 1
    while text(at) in SPECIFIERS:
        at -= 1
    if text(at) == ")" and found[at].partner >= 0:
        before = text(found[at].partner - 1)
        if before == "noexcept":
            at = found[at].partner - 2
            before = text(found[at].partner - 1) if text(at) == ")" else text(at)
        return "lambda" if before in ("]", ">") and _is_lambda(found, found[at].partner - 1) else "block"
    if text(at) == "]" and _is_lambda(found, at):
        return "lambda"
    if text(index - 1) in BEFORE_BLOCK or at != index - 1:
        return "block"
    # "struct name : base {", "namespace a::b {": look back to the beginning of the statement.
    head = at
    while head >= 0 and text(head) not in (";", "{", "}", "(", "=", "return", "co_return", "co_await"):
        if text(head) in ("namespace", "struct", "class", "union", "enum", "concept", "extern"):
            return "block"
        head -= 1
    return "init"


def _is_lambda(found, index):
    """Whether the bracket before a lambda's parameters or body closes a lambda introducer."""
    if found[index].text == ">":  # "[]<class T>(...)"
        while index >= 0 and found[index].text != "]" and found[index].text not in (";", "{", "}"):
            index -= 1
    if index < 0 or found[index].text != "]" or found[index].partner < 0:
        return False
    return begins_lambda(found, found[index].partner)


VALUE_BEFORE = re.compile(r"[A-Za-z_]\w*$|\d|[)\]\"']")
NOT_A_VALUE = {"return", "co_return", "co_await", "co_yield", "case", "else", "do", "throw", "delete"}


def begins_lambda(found, index):
    """Whether the "[" at `index` begins a lambda: no subscript, no attribute, no structured binding."""
    before = found[index - 1].text if index > 0 else ""
    after = found[index + 1].text if index + 1 < len(found) else ""
    if before in ("[", "auto", "&&") and (before != "&&" or found[index - 2].text == "auto"):
        return False
    if before == "&" and found[index - 2].text == "auto":
        return False
    if after == "[":
        return False
    return before in NOT_A_VALUE or not VALUE_BEFORE.match(before)


@dataclasses.dataclass
class Case:
    """A small tree, and a part of the finding it must cause; None: it must cause none."""

    tree: dict
    expected: str | None = None


def self_test(check, cases):
    """The cases that did not go as they must, in words."""
    wrong = []
    for number, case in enumerate(cases, 1):
        with tempfile.TemporaryDirectory() as scratch:
            root = pathlib.Path(scratch)
            for path, text in case.tree.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            findings = check(root)
        if case.expected is None and findings:
            wrong.append(f"case {number}: expected nothing, found {findings}")
        if case.expected is not None and not any(case.expected in finding for finding in findings):
            wrong.append(f"case {number}: expected '{case.expected}', found {findings}")
    return wrong


def main(check, cases):
    """Self-test, then the check of the tree given as the argument. Exits 1 on findings, 2 on misuse."""
    arguments = sys.argv[1:]
    if len(arguments) != 1:
        print(f"usage: {sys.argv[0]} <source directory> | --self-test")
        sys.exit(2)
    wrong = self_test(check, [Case({}), *cases])
    if wrong:
        print("The check does not find what it must find; correct the check first.", *wrong, sep="\n")
        sys.exit(1)
    if arguments[0] == "--self-test":
        print(f"{len(cases)} cases went as they must.")
        sys.exit(0)
    findings = check(pathlib.Path(arguments[0]).resolve())
    print(*findings, f"{len(findings)} findings" if findings else "nothing to tidy", sep="\n")
    sys.exit(1 if findings else 0)
