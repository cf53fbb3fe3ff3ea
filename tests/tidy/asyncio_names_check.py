# tests/tidy/asyncio_names_check.py
"""docs/asyncio.md says what became of every public name of asyncio, and each jackdaw name in it exists.

The table of names is what stands between the two markers; its first column has names of asyncio, its second
jackdaw's: `asyncio::x` is in the namespace jackdaw::asyncio, `io::x` in jackdaw::io, `type::member` is a member
of a class, and `x` alone is anywhere in a public header. Names in the third column are checked as well where
they are written with `::`.
"""

import re
import sys

sys.dont_write_bytecode = True
import tidy  # noqa: E402

DOCUMENT = "docs/asyncio.md"
BEGIN, END = "<!-- names -->", "<!-- end of names -->"
HEADERS = ("runtime", "io")
UMBRELLA = "runtime/asyncio/"
NOT_THERE = ("none", "not yet")

# asyncio.__all__ of CPython 3.13, the methods of its event loop, and the call graph of 3.14.
ALL = """
ALL_COMPLETED AbstractChildWatcher AbstractEventLoop AbstractEventLoopPolicy AbstractServer Barrier BaseEventLoop
BaseProtocol BaseTransport BoundedSemaphore BrokenBarrierError BufferedProtocol CancelledError Condition DatagramProtocol
DatagramTransport DefaultEventLoopPolicy Event EventLoop FIRST_COMPLETED FIRST_EXCEPTION FastChildWatcher Future Handle
IncompleteReadError InvalidStateError LifoQueue LimitOverrunError Lock MultiLoopChildWatcher PidfdChildWatcher PriorityQueue
Protocol Queue QueueEmpty QueueFull QueueShutDown ReadTransport Runner SafeChildWatcher SelectorEventLoop Semaphore
SendfileNotAvailableError Server StreamReader StreamReaderProtocol StreamWriter SubprocessProtocol SubprocessTransport Task
TaskGroup ThreadedChildWatcher Timeout TimeoutError TimerHandle Transport WriteTransport _enter_task _get_running_loop
_leave_task _register_task _set_running_loop _unregister_task all_tasks as_completed create_eager_task_factory
create_subprocess_exec create_subprocess_shell create_task current_task eager_task_factory ensure_future gather
get_child_watcher get_event_loop get_event_loop_policy get_running_loop iscoroutine iscoroutinefunction isfuture
new_event_loop open_connection open_unix_connection run run_coroutine_threadsafe set_child_watcher set_event_loop
set_event_loop_policy shield sleep start_server start_unix_server timeout timeout_at to_thread wait wait_for wrap_future
FrameCallGraphEntry FutureCallGraph capture_call_graph format_call_graph future_add_to_awaited_by
future_discard_from_awaited_by print_call_graph
""".split()
LOOP = """
add_reader add_signal_handler add_writer call_at call_exception_handler call_later call_soon call_soon_threadsafe close
connect_accepted_socket connect_read_pipe connect_write_pipe create_connection create_datagram_endpoint create_future
create_server create_task create_unix_connection create_unix_server default_exception_handler get_debug
get_exception_handler get_task_factory getaddrinfo getnameinfo is_closed is_running remove_reader remove_signal_handler
remove_writer run_forever run_in_executor run_until_complete sendfile set_debug set_default_executor set_exception_handler
set_task_factory shutdown_asyncgens shutdown_default_executor sock_accept sock_connect sock_recv sock_recv_into
sock_recvfrom sock_recvfrom_into sock_sendall sock_sendfile sock_sendto start_tls stop subprocess_exec subprocess_shell time
""".split()
PYTHON_NAMES = [*ALL, *(f"loop.{name}" for name in LOOP)]

QUOTED = re.compile(r"`([^`]+)`")
NAME = re.compile(r"[a-z_]\w*(?:::[a-z_]\w*)*")
CLASS = r"\b(?:class|struct)\s+(?:\[\[[^\]]*\]\]\s*)?{}\b(?P<head>[^;{{(]*)\{{"


def class_bodies(sources, name):
    """(body, bases) of each class or enumeration of that name."""
    for text in sources.values():
        for match in re.finditer(CLASS.format(re.escape(name)), text):
            depth, at = 1, match.end()
            while at < len(text) and depth > 0:
                depth += {"{": 1, "}": -1}.get(text[at], 0)
                at += 1
            yield text[match.end() : at], re.findall(r"(?:public|private|protected)\s+([a-z_]\w*)", match["head"])


def has_member(sources, name, member, seen=()):
    """Whether a class of that name, or a base of it, mentions the member."""
    if name in seen:
        return False
    for body, bases in class_bodies(sources, name):
        if re.search(rf"\b{member}\b", body):
            return True
        if any(has_member(sources, base, member, (*seen, name)) for base in bases):
            return True
    return False


def exists(sources, name):
    parts = name.split("::")
    *scope, last = parts
    word = re.compile(rf"\b{last}\b")
    if not scope:
        return any(word.search(text) for text in sources.values())
    if scope == ["asyncio"]:
        return any(word.search(text) for path, text in sources.items() if path.startswith(UMBRELLA))
    if scope[0] == "io":
        return any(word.search(text) for path, text in sources.items() if path.startswith("io/"))
    return has_member(sources, scope[-1], last)


def rows(text):
    """(line, python names, second column, third column) of each row of the table."""
    begin, end = text.find(BEGIN), text.find(END)
    for match in re.finditer(r"(?m)^\|(.*)\|[ \t]*$", text[begin:end] if 0 <= begin < end else ""):
        cells = [cell.strip() for cell in match[1].split("|")]
        if len(cells) == 3 and QUOTED.search(cells[0]):
            yield tidy.line_of(text, begin + match.start()), QUOTED.findall(cells[0]), cells[1], cells[2]


def named(cell, only_qualified=False):
    """The C++ names in a cell: `event_loop::call_soon`, also from `asyncio::run(main(), {.debug = true})`."""
    for quoted in QUOTED.findall(cell):
        match = NAME.match(quoted)
        if match and match[0] not in ("std",) and not match[0].startswith("std::"):
            if "::" in match[0] or not only_qualified:
                yield match[0]


def check(root):
    if not (root / DOCUMENT).is_file():
        return []
    text = tidy.read(root, DOCUMENT)
    sources = {path.as_posix(): tidy.blank(tidy.read(root, path)) for path in tidy.files(root, HEADERS, (".hpp",))}
    findings, told = [], set()
    for line, python, form, remarks in rows(text):
        told.update(python)
        names = list(named(form))
        if not names and form not in NOT_THERE:
            findings.append(f"{DOCUMENT}:{line}: no C++ name for {python[0]}; write one in `...`, or {' or '.join(NOT_THERE)}")
        for name in [*names, *named(remarks, only_qualified=True)]:
            if not exists(sources, name):
                findings.append(f"{DOCUMENT}:{line}: no header declares `{name}`; write how it is called now, or {NOT_THERE[1]}")
    for name in PYTHON_NAMES if told else ():
        if name not in told:
            findings.append(f"{DOCUMENT}:1: asyncio's `{name}` is not in the table; say what became of it")
    return findings


def table(*lines, complete=True):
    rest = [f"| `{name}` | none | |" for name in PYTHON_NAMES] if complete else []
    return "\n".join([BEGIN, "| asyncio | jackdaw | remarks |", "|---|---|---|", *lines, *rest, END, ""])


def case(line, expected=None, complete=True, **headers):
    tree = {path.replace("__", "/") + ".hpp": text for path, text in headers.items()}
    return tidy.Case({DOCUMENT: table(line, complete=complete), **tree}, expected)


CASES = [
    case("| `run` | `asyncio::run` | |", "no header declares `asyncio::run`", io__run="int run();"),
    case("| `run` | `asyncio::run` | |", runtime__asyncio__runner="int run();"),
    case("| `run` | `asyncio::run` | |", "no header declares", runtime__asyncio__runner="// run\n"),
    case("| `Lock.locked` | `mutex::locked` | |", "`mutex::locked`", runtime__a="class mutex { void lock(); };"),
    case("| `Lock.locked` | `mutex::locked` | |", runtime__a="class mutex { bool locked(); };"),
    case("| `Lock.locked` | `lock::locked` | |", runtime__a="class lock : public base {};\nclass base { bool locked(); };"),
    case("| `Lock.locked` | `lock::locked` | |", "`lock::locked`", runtime__a="class lock {};\nvoid locked();"),
    case("| `run` | not yet | see `io::nothing` | ".strip(), "`io::nothing`"),
    case("| `run` | not yet | throws `std::bad_alloc` |"),
    case("| `run` | maybe | |", "no C++ name for run"),
    case("| `run` | none | |", "asyncio's `loop.time` is not in the table", complete=False),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
