import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S99, S100: completion and a cancel in one turn: cancelled; completion and time-out in one turn: the value, if it is there first
async def w(aw, d):
    try: await asyncio.wait_for(aw, d); log("woken"); return "value"
    except TimeoutError: log("TimeoutError"); raise
    except asyncio.CancelledError: log("CancelledError"); raise
async def main():
    loop = asyncio.get_running_loop()
    async def ended(t):
        try: log("returned", await t)
        except asyncio.CancelledError: log("cancelled", t.cancelling())
        except TimeoutError: log("timed out", t.cancelling())
    e = asyncio.Event(); t = asyncio.create_task(w(e.wait(), 10)); await asyncio.sleep(0); e.set(); t.cancel(); await ended(t)
    e = asyncio.Event(); t = asyncio.create_task(w(e.wait(), 10)); await asyncio.sleep(0); t.cancel(); e.set(); await ended(t)
    e = asyncio.Event(); loop.call_later(1, e.set); t = asyncio.create_task(w(e.wait(), 1)); await ended(t)
    e = asyncio.Event(); t = asyncio.create_task(w(e.wait(), 1)); await asyncio.sleep(0); loop.call_at(loop.time() + 1, e.set); await ended(t)
    t = asyncio.create_task(w(asyncio.sleep(10), 1)); loop.call_later(1, lambda: log("cancel", t.cancel())); await ended(t)
    t = asyncio.create_task(w(asyncio.sleep(10), 1)); await asyncio.sleep(0); loop.call_at(loop.time() + 1, lambda: log("cancel", t.cancel())); await ended(t)
asyncio.run(main())
