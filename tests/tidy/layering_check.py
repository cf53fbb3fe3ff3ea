# tests/tidy/layering_check.py
"""Who may know whom: the layers of the house, no include cycle, no conditional compilation."""

import re
import sys

sys.dont_write_bytecode = True
import tidy  # noqa: E402

SCHEDULERS = ("runtime/multi_thread/", "runtime/asyncio/")
TLS = "io/tls/"
ADAPTERS = "adapters/"
ABOVE = ("adapters/", "tools/", "tests/", "examples/", "benchmarks/")
# What only adapters know, in their .cpp files. Boost.Asio is templates.
FOREIGN = re.compile(r"(curl|hiredis)/|libpq")
PARALLEL, TBB = "runtime/parallel/", "runtime/parallel/arena.cpp"
CPU_BUDGET = "runtime/multi_thread/cpu_budget.hpp"
DRIVERS = ("io/uring_driver", "io/epoll_driver")
FORBIDDEN_IN_RUNTIME = {"sys/socket.h", "sys/epoll.h", "netinet/in.h", "liburing.h", "linux/io_uring.h", "netdb.h"}

# Where #if is allowed, and why.
CONDITIONAL = {
    "runtime/base/": "base is where platforms and compilers differ",
    "tests/compilers/this_compiler.hpp": "its subject is which compiler this is",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.MULTILINE)
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)\b", re.MULTILINE)


def includes(root, path, known):
    """(line, name, file) of each #include; `file` is the file of this repository, or None."""
    text = tidy.read(root, path)
    # Literals are blanked by the scanner, so only the positions are taken from the blanked text.
    code = tidy.blank(text)
    for match in INCLUDE.finditer(text):
        if code[match.start() : match.end()].strip().startswith("#"):
            name = match[2]
            if match[1] == '"':
                target = known.get((path.parent / name).as_posix()) or known.get(name)
            else:
                target = known.get(name.removeprefix("jackdaw/")) if name.startswith("jackdaw/") else None
            target = name.removeprefix("jackdaw/") if target is None and name.startswith("jackdaw/") else target
            yield tidy.line_of(text, match.start()), name, target


def starts(path, prefixes):
    return path is not None and path.startswith(tuple(prefixes))


def room_violation(source, name, target):
    """The broken rule, or None. `source` and `target` are paths of this repository."""
    if source.startswith("runtime/"):
        if name in FORBIDDEN_IN_RUNTIME:
            return "runtime knows nothing of descriptors and sockets; move this to io/ behind runtime/driver.hpp"
        if starts(target, ("io/", *ABOVE)):
            return "runtime is below every other room; turn the dependency round with an interface in runtime/"
    if source.startswith("io/") and starts(target, ABOVE):
        return "io knows only runtime and liburing; move the shared part down into io/ or runtime/"
    if name.startswith("openssl/") and not source.startswith(("tests/", "benchmarks/")):
        if not source.startswith(TLS) or source.endswith(".hpp"):
            return f"only the .cpp files of {TLS} know OpenSSL, so that only users of TLS link it; add a function there"
    if source.startswith("io/") and not source.startswith(TLS) and starts(target, [TLS]):
        return "tls stands on io, and nothing of io on tls: only its users link OpenSSL"
    if source.startswith(ADAPTERS):
        return adapter_violation(name, target, source)
    if source.startswith(("tools/", "examples/")) and starts(target, ("tests/", "benchmarks/")):
        return "programs do not depend on tests; move the shared part to tools/ or into the library"
    return module_violation(source, name, target)


def adapter_violation(name, target, source):
    if starts(target, ABOVE) and not starts(target, [ADAPTERS]):
        return "adapters are part of the library; move the shared part down into io/ or runtime/"
    if starts(target, (*SCHEDULERS, *DRIVERS, PARALLEL)):
        return "adapters use what any program may: runtime/*.hpp, runtime/sync/ and io/*.hpp, and no driver or scheduler"
    if source.endswith(".hpp") and FOREIGN.match(name):
        return "only the .cpp files of adapters include the other library; forward-declare what the header needs"
    return None


def module_violation(source, name, target):
    here, there = SCHEDULERS
    if (source.startswith(here) and starts(target, [there])) or (source.startswith(there) and starts(target, [here])):
        return "multi_thread and asyncio never see each other; what both need belongs to runtime/ itself"
    if source.startswith("runtime/base/"):
        if target is not None and not target.startswith("runtime/base/"):
            return "base sees only the standard library; move this file up, or what it needs down"
        if target is None and source.endswith(".hpp") and re.search(r"[/.]", name):
            return "headers of base include only the standard library; include system headers in its .cpp files"
    if starts(target, [PARALLEL]) and source.startswith(("runtime/", "io/")) and not source.startswith(PARALLEL):
        return "parallel stands on the runtime, and nothing of the library on parallel: only its users link oneTBB"
    if source.startswith(PARALLEL) and (starts(target, SCHEDULERS) and target != CPU_BUDGET):
        return "parallel knows no concrete scheduler; go through runtime/scheduler.hpp"
    if name.startswith(("tbb/", "oneapi/")) and source != TBB and source.startswith(("runtime/", "io/", "tools/")):
        return f"only {TBB} knows oneTBB, so that users need not compile its headers; add a function there"
    if source.startswith("runtime/sync/") and starts(target, SCHEDULERS):
        return "sync knows the interface scheduler.hpp and no concrete one; go through it"
    if re.fullmatch(r"runtime/[^/]+", source) and starts(target, SCHEDULERS):
        return "the vocabulary knows no concrete scheduler; go through runtime/scheduler.hpp"
    if source.startswith("io/") and not source.startswith("io/run."):
        allowed = SCHEDULERS[1:] if source.startswith("io/asyncio/") else ()
        if starts(target, SCHEDULERS) and not starts(target, allowed):
            return "only io/run.* composes schedulers with I/O; go through runtime/scheduler.hpp or runtime/driver.hpp"
    return None


def cycles(graph):
    """One include cycle, as a list of files, for each knot in the graph."""
    state, found = {}, []

    def visit(path, trail):
        state[path] = "open"
        for target in graph.get(path, ()):
            if state.get(target) == "open":
                found.append([*trail[trail.index(target) :], target])
            elif target not in state:
                visit(target, [*trail, target])
        state[path] = "done"

    for path in sorted(graph):
        if path not in state:
            visit(path, [path])
    return found


def check(root):
    findings, graph = [], {}
    sources = tidy.files(root)
    known = {path.as_posix(): path.as_posix() for path in sources}
    for path in sources:
        source = path.as_posix()
        seen = list(includes(root, path, known))
        graph[source] = [target for _, _, target in seen if target in known]
        for line, name, target in seen:
            broken = room_violation(source, name, target)
            if broken:
                findings.append(f"{source}:{line}: includes {name}; {broken}")
        both = [[line for line, _, target in seen if starts(target, group)] for group in (SCHEDULERS, DRIVERS)]
        if all(both) and not source.startswith(("io/run.", "tests/", "benchmarks/")):
            findings.append(
                f"{source}:{both[1][0]}: knows a concrete scheduler and a concrete driver; only io/run.* may, use run()"
            )
        text = tidy.blank(tidy.read(root, path))
        if not source.startswith(tuple(CONDITIONAL)):
            for match in CONDITION.finditer(text):
                findings.append(
                    f"{source}:{tidy.line_of(text, match.start())}: #{match[1]} outside of runtime/base; "
                    "make it a constant or a function there, and use if constexpr here"
                )
    for cycle in cycles(graph):
        findings.append(f"{cycle[0]}:1: include cycle {' -> '.join(cycle)}; forward-declare, or split the file")
    return findings


def one(path, text, expected=None, **others):
    return tidy.Case({path: text, **others}, expected)


CASES = [
    one("runtime/a.hpp", "#include <sys/epoll.h>\n", "knows nothing of descriptors"),
    one("runtime/a.hpp", "#include <jackdaw/io/ring.hpp>\n", "runtime is below"),
    one("runtime/a.hpp", "// #include <jackdaw/io/ring.hpp>\n#include <vector>\n"),
    one("io/a.cpp", "#include <jackdaw/tools/x.hpp>\n", "io knows only"),
    one("runtime/multi_thread/a.hpp", "#include <jackdaw/runtime/asyncio/b.hpp>\n", "never see each other"),
    one("runtime/asyncio/a.hpp", "#include <jackdaw/runtime/multi_thread/b.hpp>\n", "never see each other"),
    one("runtime/base/a.hpp", "#include <jackdaw/runtime/task.hpp>\n", "base sees only"),
    one("runtime/base/a.hpp", "#include <linux/futex.h>\n", "only the standard library"),
    one("runtime/base/a.cpp", "#include <linux/futex.h>\n#include <vector>\n"),
    one("runtime/sync/a.hpp", "#include <jackdaw/runtime/multi_thread/pool.hpp>\n", "no concrete one"),
    one("runtime/sync/a.hpp", "#include <jackdaw/runtime/scheduler.hpp>\n"),
    one("runtime/task.hpp", "#include <jackdaw/runtime/asyncio/event_loop.hpp>\n", "knows no concrete scheduler"),
    one("runtime/task.hpp", "#include <jackdaw/runtime/parallel/job.hpp>\n", "nothing of the library on parallel"),
    one("io/a.hpp", "#include <jackdaw/adapters/curl.hpp>\n", "io knows only"),
    one("runtime/a.hpp", "#include <jackdaw/adapters/curl.hpp>\n", "runtime is below"),
    one("adapters/a.cpp", "#include <jackdaw/runtime/asyncio/event_loop.hpp>\n", "what any program may"),
    one("adapters/a.cpp", "#include <jackdaw/io/uring_driver.hpp>\n", "what any program may"),
    one("adapters/a.cpp", "#include <jackdaw/tools/x.hpp>\n", "part of the library"),
    one("adapters/a.hpp", "#include <curl/curl.h>\n", "forward-declare"),
    one("adapters/a.cpp", "#include <curl/curl.h>\n#include <jackdaw/io/readiness.hpp>\n"),
    one("io/tls/a.cpp", "#include <openssl/ssl.h>\n#include <jackdaw/io/run.hpp>\n"),
    one("io/tls/a.hpp", "#include <openssl/ssl.h>\n", "know OpenSSL"),
    one("tools/a.cpp", "#include <openssl/ssl.h>\n", "know OpenSSL"),
    one("benchmarks/a.cpp", "#include <openssl/ssl.h>\n"),
    one("io/a.hpp", "#include <jackdaw/io/tls/b.hpp>\n", "nothing of io on tls"),
    one("io/run.cpp", "#include <jackdaw/runtime/parallel/job.hpp>\n", "nothing of the library on parallel"),
    one("runtime/parallel/a.cpp", "#include <jackdaw/runtime/multi_thread/pool.hpp>\n", "parallel knows no concrete"),
    one("runtime/parallel/a.cpp", "#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>\n"),
    one("runtime/parallel/a.hpp", "#include <tbb/parallel_for.h>\n", "only runtime/parallel/arena.cpp knows oneTBB"),
    one("runtime/parallel/arena.cpp", "#include <tbb/parallel_for.h>\n"),
    one("io/socket.cpp", "#include <jackdaw/runtime/multi_thread/pool.hpp>\n", "only io/run.* composes"),
    one("io/asyncio/a.cpp", "#include <jackdaw/runtime/asyncio/event_loop.hpp>\n"),
    one("io/run.cpp", "#include <jackdaw/runtime/multi_thread/pool.hpp>\n#include <jackdaw/io/uring_driver.hpp>\n"),
    one("tools/a.cpp", "#include <jackdaw/runtime/asyncio/b.hpp>\n#include <jackdaw/io/epoll_driver.hpp>\n", "use run()"),
    one("io/a.hpp", '#include "b.hpp"\n', "include cycle", **{"io/b.hpp": "#include <jackdaw/io/a.hpp>\n"}),
    one("io/a.cpp", "#ifdef NDEBUG\n#endif\n", "outside of runtime/base"),
    one("tests/io/a_test.cpp", "#if 1\n#endif\n", "outside of runtime/base"),
    one("runtime/base/a.hpp", "#if defined(__clang__)\n#endif\n"),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
