import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S97, S98: no time: what is done gives its result, else it is cancelled and waited for, and a coroutine never starts; no limit: a plain await
async def c(): log("NEVER"); return 1
async def stubborn():
    try: await asyncio.sleep(100)
    except asyncio.CancelledError: log("cancelled; takes its time"); await asyncio.sleep(2); return "value"
async def failing():
    try: await asyncio.sleep(100)
    except asyncio.CancelledError: raise ValueError("instead")
async def value(): return "plain"
async def main():
    loop = asyncio.get_running_loop(); n = 0; stop = False
    def tick():
        nonlocal n
        n += 1
        if not stop: loop.call_soon(tick)
    async def w(aw, limit):
        a = n
        try: log("returned", await asyncio.wait_for(aw, limit), "turns", n - a)
        except TimeoutError: log("TimeoutError", "turns", n - a)
        except ValueError as e: log("raised", repr(e), "turns", n - a)
        except asyncio.CancelledError: log("CancelledError", "turns", n - a); raise
    tick()
    for limit in (0, -1):
        log("limit", limit)
        f = loop.create_future(); f.set_result("done"); await w(f, limit)
        f = loop.create_future(); f.set_exception(ValueError("failed")); await w(f, limit)
        f = loop.create_future(); await w(f, limit); log("cancelled", f.cancelled())
        await w(c(), limit); t = asyncio.create_task(c()); await w(t, limit); log("cancelled", t.cancelled())
        t = asyncio.create_task(asyncio.sleep(100)); await asyncio.sleep(0); await w(t, limit); log("cancelled", t.cancelled())
    stop = True; await asyncio.sleep(0)
    for f in (stubborn, failing): t = asyncio.create_task(f()); await asyncio.sleep(0); start = loop.time(); await w(t, 0); log("took", round(loop.time() - start))
    e = asyncio.Event(); e.set(); await w(e.wait(), 0)
    await w(value(), None); t = asyncio.create_task(w(asyncio.sleep(100), None)); await asyncio.sleep(1); t.cancel()
    try: await t
    except asyncio.CancelledError: log("cancelled")
asyncio.run(main())
