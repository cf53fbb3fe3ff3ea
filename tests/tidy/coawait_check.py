# tests/tidy/coawait_check.py
"""Safe spellings around co_await: the patterns that g++ 12 miscompiles, see docs/compilers.md.

Looks at each full-expression that contains co_await (or co_yield) and at nothing else. It knows no
types, so it asks for a little more than needed; where a spelling is known to be right, a comment
`// tidy: safe because ...` on the statement or the line above says so.
"""

import re
import sys

sys.dont_write_bytecode = True
import tidy  # noqa: E402

# tests/compilers writes the bad patterns down on purpose.
SKIPPED = ("tests/compilers/",)

# Types that may be braced: built in, or with a constructor or without a destructor that matters.
TRIVIAL = set(
    "bool char int unsigned long short float double size_t ptrdiff_t byte uint8_t uint16_t uint32_t uint64_t "
    "int8_t int16_t int32_t int64_t nanoseconds microseconds milliseconds seconds minutes hours duration time_point "
    "span string_view string optional unique_ptr shared_ptr suspend_always suspend_never coroutine_handle".split()
)
AWAITS = ("co_await", "co_yield")
CONDITIONS = ("if", "while", "switch", "constexpr")
NOT_TYPES = set("return co_return co_await co_yield else do throw delete new case goto not and or typename".split())
SAFE = re.compile(r"//\s*tidy: safe because \w+")

NAME_IT = "give it a name in a statement before"


def full_expression(found, at):
    """The range of tokens of the full-expression around `at`, and whether it is a condition."""
    begin = at
    while begin > 0:
        token = found[begin - 1]
        if token.text == ";" or (token.text in "{}" and token.kind in ("block", "")):
            break
        if token.text == "{" and token.kind == "lambda":
            break
        if token.text in ("}", ")", "]") and token.partner >= 0:
            begin = token.partner
            continue
        if token.text == "(" and found[begin - 2].text in (*CONDITIONS, "for"):
            return begin, token.partner, found[begin - 2].text in CONDITIONS
        begin -= 1
    end = at
    while end < len(found):
        token = found[end]
        if token.text == ";" or (token.text == "}" and token.kind != "init"):
            break
        if token.text in ("{", "(", "[") and token.partner > end:
            if token.kind == "block":
                break
            end = token.partner
        end += 1
    return begin, end, False


def outside_lambdas(found, begin, end):
    """The positions of the expression itself, without the bodies of lambdas in it."""
    at = begin
    while at < end:
        yield at
        if found[at].kind == "lambda" and found[at].text == "{":
            at = found[at].partner
        at += 1


def captures_by_value(found, begin):
    """Whether the lambda introducer at `begin` copies or moves anything into the closure."""
    items, depth = [[]], 0
    for token in found[begin + 1 : found[begin].partner]:
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and depth == 0:
            items.append([])
        else:
            items[-1].append(token.text)
    return any(item and item != ["this"] and (item[0] != "&" or "=" in item) for item in items)


def brace_problem(found, at, begin):
    """What is wrong with the initialiser brace at `at` of an expression that begins at `begin`."""
    awaits = any(token.text in AWAITS for token in found[at : found[at].partner])
    name_at = at - 1
    if found[name_at].text == ">":
        while name_at > begin and found[name_at].text != "<":
            name_at -= 1
        name_at -= 1
    before = found[at - 1].text
    if before in ("=", "]"):
        return "a braced initialiser awaits one of its elements; await into a named variable first" if awaits else None
    if not re.match(r"[A-Za-z_]|>", before) or before in NOT_TYPES:
        return f"a braced list without a type beside co_await; {NAME_IT}"
    name = found[name_at].text
    declares = name_at > begin and re.match(r"[A-Za-z_]\w*$|[>&*]", found[name_at - 1].text)
    if declares and found[name_at - 1].text not in NOT_TYPES and not awaits:
        return None
    if name in TRIVIAL and not (awaits and declares):
        return None
    return f"the temporary {name}{{...}} beside co_await; {NAME_IT}, or give the type a constructor and use ()"


def problems(found, begin, end):
    for at in outside_lambdas(found, begin, end):
        token = found[at]
        if token.text == "?":
            yield at, "?: beside co_await; use if and else"
        elif token.text == "[" and tidy.begins_lambda(found, at) and captures_by_value(found, at):
            yield at, f"a lambda that captures by value beside co_await; {NAME_IT} and move it in"
        elif token.text == "{" and token.kind == "init":
            problem = brace_problem(found, at, begin)
            if problem:
                yield at, problem


def declares_a_local(found, begin, end):
    """Whether there is any local variable between the braces: two names in a row, or auto."""
    for at in range(begin + 1, end):
        previous, token, after = found[at - 1].text, found[at].text, found[at + 1].text
        if token == "auto" or (token in ("using", "struct", "class") and previous != "enum"):
            return True
        if not re.match(r"[A-Za-z_]", token) or after not in ("=", ";", "{", "(", "[", ":", ","):
            continue
        if re.match(r"[A-Za-z_]\w*$", previous) and previous not in NOT_TYPES and previous != "co_return":
            return True
        if previous in (">", "&", "*") and after in ("=", "{", ":", ";"):
            return True
    return False


def function_around(found, at):
    """The braces of the function that contains `at`, or None in a lambda, which is not affected."""
    outer = None
    for index in range(at, -1, -1):
        if found[index].text == "{" and found[index].partner > at:
            if found[index].kind == "lambda":
                return None
            head = found[index - 1].text
            if found[index].kind == "block" and head not in ("else", "do", "try", ":", ";", "{", "}"):
                outer = index if _is_function(found, index) else outer
    return outer


def _is_function(found, index):
    """Whether the block belongs to a function and not to if, for, a class or a namespace."""
    for at in range(index - 1, -1, -1):
        if found[at].text in (";", "{", "}"):
            return False
        if found[at].text == "(" and found[at].partner < index:
            return found[at - 1].text not in (*CONDITIONS, "for", "catch", "noexcept")
    return False


def check(root):
    findings = []
    for path in tidy.files(root):
        text = tidy.read(root, path)
        if path.as_posix().startswith(SKIPPED) or not any(word in text for word in AWAITS):
            continue
        lines, found, seen = text.split("\n"), tidy.tokens(text), set()
        for at, token in enumerate(found):
            if token.text not in AWAITS or found[at - 1].text == "operator":
                continue
            begin, end, condition = full_expression(found, at)
            body = function_around(found, at) if condition else None
            found_here = list(problems(found, begin, end))
            if body is not None and not declares_a_local(found, body, found[body].partner):
                found_here.append(
                    (at, "co_await in a condition of a coroutine without any local variable; name the result first")
                )
            first, last = found[begin].line, found[min(end, len(found) - 1)].line
            if any(SAFE.search(line) for line in lines[max(first - 2, 0) : last]):
                continue
            seen.update((found[where].line, problem) for where, problem in found_here)
        findings += [f"{path}:{line}: {problem} (docs/compilers.md)" for line, problem in sorted(seen)]
    return findings


def one(body, expected=None):
    return tidy.Case({"io/a.cpp": f"task<int> f(int p) {{\n{body}\n}}\n"}, expected)


CASES = [
    one("co_await send(message{1, text});", "message{...}"),
    one("co_await send(ns::message<int>{1, text});", "message{...}"),
    one("co_await send({1, text});", "without a type"),
    one("auto x = co_await message{};", "message{...}"),
    one("co_await message{}.method();", "message{...}"),
    one("trio t{a, co_await b()};", "t{...}"),
    one("T a[2] = {T(1), co_await b()};", "awaits one of its elements"),
    one("co_return trio{a, co_await b()};", "trio{...}"),
    one("co_await spawn([p = std::move(p)] { return p; });", "captures by value"),
    one("co_await spawn([=]() -> int { return p; });", "captures by value"),
    one("co_await spawn([p]() mutable noexcept { return p; });", "captures by value"),
    one("auto x = p ? co_await f(1) : g();", "?: beside"),
    one("co_await (p ? f(1) : f(2));", "?: beside"),
    one("int x = 1; if (co_await f(message{1, x})) { g(); }", "message{...}"),
    one("if (co_await f(1)) { g(); }", "without any local"),
    one("while (true) { while (co_await f(1)) { } }", "without any local"),
    one("do { g(); } while (co_await f(1));", "without any local"),
    one("int x = 1; if (co_await f(x)) { g(); }"),
    one("for (auto& each : all) { if (co_await f(each)) { g(); } }"),
    one("if (const bool done = co_await f(1)) { g(); }"),
    one("if (p) { co_await f(1); }"),
    one("message m{1, text};\nco_await send(std::move(m));"),
    one("co_await [&] { return send(message{1, text}); }();"),
    one("co_await [this, &p]() -> task<int> { return p ? a() : b(); }();"),
    one("auto t = send(message{1, text}); co_await std::move(t);"),
    one("co_await sleep(std::chrono::milliseconds{5});"),
    one("co_await send(message{1, text});  // tidy: safe because message has a constructor"),
    one("// tidy: safe because both are integers\nint x = p ? co_await f(1) : 2;"),
    one("// co_await send(message{1});\nauto s = \"co_await m{}\"; auto y = p ? 1 : 2; co_await f(y);"),
    one("auto g = [p] { return p; }; co_await f(a[1]);"),
    one("const auto [a, b] = co_await f(1); switch (a) { case 1: { co_await f(2); } }"),
    one("co_await spawn([&]() -> task<> { auto x = p ? 1 : 2; std::array<int, 1> a{x}; co_await f(x); });"),
    tidy.Case({"io/a.hpp": "concept a = requires(T t) { t.operator co_await(); operator co_await(x{t}); };\n"}),
    tidy.Case({"io/a.hpp": "struct s { int x{1}; task<> f() { int y = 1; if (co_await g(y)) {} } };\n"}),
    tidy.Case({"io/a.hpp": "struct s { int x{1}; task<> f() { if (co_await g()) {} } };\n"}, "without any local"),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
