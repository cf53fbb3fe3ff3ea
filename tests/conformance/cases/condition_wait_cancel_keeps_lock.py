import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S146, S147, S148: a cancelled wait has the lock again before it throws, however often it is cancelled; a notification goes on
async def w(c, n):
    async with c:
        try: log(n, "waits"); await c.wait(); log(n, "woken")
        except asyncio.CancelledError as e: log(n, "cancelled", e.args, "locked", c.locked(), "cancelling", asyncio.current_task().cancelling()); raise
async def ended(ts):
    for t in ts:
        try: await t
        except asyncio.CancelledError: pass
async def turns(n):
    for _ in range(n): await asyncio.sleep(0)
async def main():
    c = asyncio.Condition(); t = asyncio.create_task(w(c, "a")); await turns(1)
    async with c:
        t.cancel("first"); await turns(2); log("done", t.done()); t.cancel("second"); await turns(2); log("done", t.done(), t.cancelling()); t.cancel("third"); await turns(1)
    await ended([t]); log("locked", c.locked())
    ts = [asyncio.create_task(w(c, i)) for i in range(3)]; await turns(1)
    async with c: c.notify(); log("notified one"); ts[0].cancel(); await turns(2); log("lock still held")
    await turns(6); log([t.done() for t in ts])
    async with c: c.notify_all()
    await ended(ts)
    ts = [asyncio.create_task(w(c, i)) for i in range(3)]; await turns(1)
    async with c: ts[0].cancel(); c.notify(); log("cancelled, then notified")
    await turns(6); log([t.done() for t in ts])
    async with c: c.notify_all()
    await ended(ts)
    t = asyncio.create_task(w(c, "free")); await turns(1); t.cancel("lock is free"); await ended([t]); log("locked", c.locked())
    try: await c.wait()
    except RuntimeError as e: log(e)
asyncio.run(main())
