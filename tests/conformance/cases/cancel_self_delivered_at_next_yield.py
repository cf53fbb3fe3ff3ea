import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S69: delivered at the next suspension; awaits that do not suspend pass; an awaited task is cancelled at once
async def attempt(n, aw):
    asyncio.current_task().cancel(n); log(n, "cancelling", asyncio.current_task().cancelling())
    try: log(n, "returned", await aw)
    except asyncio.CancelledError as e: log(n, "raised", e.args)
    asyncio.current_task().uncancel(); await asyncio.sleep(0); log(n, "later awaits work")
async def quick(): return "no suspension"
async def child():
    try: await asyncio.sleep(10)
    except asyncio.CancelledError as e: log("child cancelled", e.args); raise
async def main():
    loop = asyncio.get_running_loop(); lock = asyncio.Lock(); await lock.acquire()
    for n, aw in (("coroutine", quick()), ("sleep0", asyncio.sleep(0)), ("sleep", asyncio.sleep(5)), ("event", asyncio.Event().wait()), ("lock", lock.acquire()), ("queue", asyncio.Queue().get()), ("unstarted task", asyncio.create_task(child())), ("wait_for", asyncio.wait_for(asyncio.sleep(1), 5))):
        t = asyncio.create_task(attempt(n, aw), name=n); loop.call_soon(log, n, "a callback of the same turn"); await t
    c = asyncio.create_task(child()); await asyncio.sleep(0); await asyncio.create_task(attempt("started task", c)); log("child cancelled", c.cancelled())
    log("time has not moved", round(loop.time()))
asyncio.run(main())
