import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# real clock
# S80, S195, S197: the result comes back to the loop; a cancelled waiter leaves at once, the call goes on
import threading, time
async def main():
    me = threading.get_ident(); log("other thread", await asyncio.to_thread(threading.get_ident) != me)
    try: await asyncio.to_thread(lambda: 1 / 0)
    except ZeroDivisionError as e: log(e)
    log("argument", await asyncio.to_thread(lambda a, b: a + b, 2, 3))
    begun, end, ended = threading.Event(), threading.Event(), threading.Event()
    def slow(): begun.set(); end.wait(); ended.set()
    async def w():
        try: await asyncio.to_thread(slow)
        except asyncio.CancelledError: log("cancelled"); raise
    t = asyncio.create_task(w()); await asyncio.to_thread(begun.wait); t.cancel()
    try: await t
    except asyncio.CancelledError: log("the thread still runs", not ended.is_set())
    end.set(); await asyncio.to_thread(ended.wait); log("and ends by itself", ended.is_set())
asyncio.run(main())
