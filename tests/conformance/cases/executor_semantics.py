import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# real clock
# S80, S195, S197: the call begins at once, its result comes in a later turn; a cancelled future leaves a call that runs, and takes back one that waits
import threading, concurrent.futures
async def turns(n):
    for _ in range(n): await asyncio.sleep(0)
async def main():
    loop = asyncio.get_running_loop(); me = threading.get_ident(); log("other thread", await loop.run_in_executor(None, threading.get_ident) != me)
    def fails(): return 1 // 0
    f = loop.run_in_executor(None, fails)
    try: await f
    except ZeroDivisionError: log("ZeroDivisionError")
    log("argument", await loop.run_in_executor(None, lambda a, b: a + b, 2, 3))
    called = threading.Event(); f = loop.run_in_executor(None, called.set); called.wait(); log("called before anybody awaits it; done", f.done()); await f; log("done", f.done())
    begun, end, ended = threading.Event(), threading.Event(), threading.Event()
    def slow(): begun.set(); end.wait(); ended.set(); return "dropped"
    f = loop.run_in_executor(None, slow); begun.wait(); log("cancel", f.cancel())
    try: await f
    except asyncio.CancelledError: log("cancelled; the call still runs", not ended.is_set())
    end.set(); ended.wait(); await turns(3); log("it ended, and the future stays", f.cancelled())
    loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(1)); begun.clear(); end.clear()
    first = loop.run_in_executor(None, slow); begun.wait(); second = loop.run_in_executor(None, log, "NEVER"); third = loop.run_in_executor(None, lambda: "third")
    log("taken back", second.cancel()); await turns(2); end.set(); log(await first, await third, second.cancelled())
asyncio.run(main())
