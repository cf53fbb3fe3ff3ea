# tests/tidy/forms_check.py
"""Every operation of io that can fail has a form that throws nothing: try_x beside x, with a result.

Operations are what a header of io/ gives to be awaited (task<...>, throwing<...>), and what its
docstring says throws io::error. What is exempt is named below, with the reason.
"""

import re
import sys

sys.dont_write_bytecode = True
import tidy  # noqa: E402

# Mistakes of the program, not of the world: the descriptor is no socket, the option does not exist.
OPTIONS = re.compile(r"^(set_\w+|option|join_group|leave_group|\w*local_address|\w*peer_address|peer_credentials)$")
# What only drivers and processes are made of, and what programs call for other reasons.
INNER = {"error.hpp", "event_descriptor.hpp", "io_driver.hpp", "process_launch.hpp", "ring.hpp", "wake_permit.hpp"}
EXEMPT = {"run", "after", "check"}

AWAITED = re.compile(r"^ *(?:\[\[nodiscard\]\] )?(?:static )?(task|throwing)<(?P<inner>.*)> (?P<name>\w+)\(", re.MULTILINE)
DOCUMENTED = re.compile(r"(?P<doc>(?:^ *///[^\n]*\n)+)(?P<line>^ *[^/\n][^\n]*)", re.MULTILINE)
DECLARED = re.compile(r"(?P<name>\w+)\(")


def public(text):
    return re.sub(r"^ *(private|protected):\n.*?^\};", "};", text, flags=re.DOTALL | re.MULTILINE)


def findings(root):
    for path in tidy.files(root, rooms=("io",), suffixes=(".hpp",)):
        if path.parent.as_posix() != "io" or path.name in INNER:
            continue
        text = public(tidy.read(root, path))
        operations = {match["name"]: match.start() for match in AWAITED.finditer(text)}
        for match in DOCUMENTED.finditer(text):
            if "hrows io::error" in match["doc"] and (declared := DECLARED.search(match["line"])):
                if "explicit" not in match["line"]:
                    operations.setdefault(declared["name"], match.start("line"))
        code = tidy.blank(text)
        for name, offset in operations.items():
            if name.startswith("try_") or name in EXEMPT or OPTIONS.match(name):
                continue
            line = tidy.line_of(text, offset)
            form = re.search(rf"([\w:<>,\s\*]*)\btry_{name}\(", code)
            if form is None:
                yield f"{path}:{line}: {name}() has no form without exceptions; add try_{name}() that gives a result"
            elif "result<" not in form[1] and "operation" not in form[1]:
                yield f"{path}:{line}: try_{name}() gives no result; its awaited value is to be an io::result"


def check(root):
    return list(findings(root))


HEAD = "// A header.\n#pragma once\n"


def one(text, expected=None, path="io/x.hpp"):
    return tidy.Case({path: HEAD + text}, expected)


CASES = [
    one("task<int> read();\n", "no form without exceptions"),
    one("task<int> read();\ntask<result<int>> try_read();\n"),
    one("throwing<an_operation> read();\nan_operation try_read();\n"),
    one("task<int> read();\nint try_read();\n", "gives no result"),
    one("/// Opens it. Throws io::error.\nstatic x open();\n", "open() has no form"),
    one("/// Opens it. Throws io::error.\nstatic x open();\nstatic result<x> try_open();\n"),
    one("/// Throws io::error.\nvoid set_loop(bool on);\n"),
    one("/// Throws io::error.\nexplicit x(int number);\n"),
    one("class x {\n private:\n  task<int> read();\n};\n"),
    one("task<int> read();\n", path="io/asyncio/x.hpp"),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
