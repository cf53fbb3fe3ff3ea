import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S105: in the order of their ends; failures and cancellations where they are awaited; time
async def w(n, d):
    await asyncio.sleep(d)
    if n == "bad": raise ValueError(n)
    return n
def start(*p): return [asyncio.create_task(w(n, d), name=n) for n, d in p]
async def main():
    loop = asyncio.get_running_loop()
    ts = start(("a", 3), ("b", 1), ("bad", 2), ("c", 4)); loop.call_later(3.5, ts[3].cancel)
    for f in asyncio.as_completed(ts):
        try: log("got", await f)
        except ValueError as e: log("raised", repr(e))
        except asyncio.CancelledError: log("cancelled")
        log("at", round(loop.time() * 10))
    ts = start(("a", 0), ("b", 0), ("c", 0)); log([await f for f in asyncio.as_completed(ts)])
    ts = start(("a", 1), ("b", 3), ("c", 2)); await asyncio.sleep(5); log("of done ones", sorted([await f for f in asyncio.as_completed(ts)]))
    ts = start(("a", 1), ("b", 5), ("c", 6)); t = loop.time()
    for f in asyncio.as_completed(ts, timeout=2):
        try: log("got", await f)
        except TimeoutError: log("TimeoutError after", round(loop.time() - t))
    log([x.done() for x in ts]); await asyncio.wait(ts); log([x.result() for x in ts])
    ts = start(("a", 1), ("b", 2)); it = asyncio.as_completed(ts); first = asyncio.create_task(next(it)); second = asyncio.create_task(next(it)); log("second", await second, "first", await first)
    ts = start(("a", 1), ("b", 2)); it = asyncio.as_completed(ts); x = asyncio.create_task(next(it)); await asyncio.sleep(0); x.cancel(); log("a cancelled waiter takes none:", await next(it)); log([t.cancelled() for t in ts]); await asyncio.wait(ts)
    log([await f for f in asyncio.as_completed([], timeout=1)])
asyncio.run(main())
