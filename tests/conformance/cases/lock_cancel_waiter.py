import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S134, S136: a cancelled waiter is skipped; one that had been woken passes the wake-up on
async def w(lock, n):
    try:
        async with lock: log("acquired", n); await asyncio.sleep(0); log("releases", n)
    except asyncio.CancelledError: log("cancelled", n); raise
async def ended(ts):
    for t in ts:
        try: await t
        except asyncio.CancelledError: pass
async def main():
    lock = asyncio.Lock()
    for which, when in ((0, "before"), (1, "before"), (0, "after"), (1, "after"), ("all", "before"), (None, "")):
        await lock.acquire(); ts = [asyncio.create_task(w(lock, i)) for i in range(3)]; await asyncio.sleep(0); log("cancel", which, when, "the release")
        chosen = ts if which == "all" else [ts[which]] if which is not None else []
        if when == "before": [t.cancel() for t in chosen]
        lock.release(); log("locked", lock.locked())
        if when == "after": [t.cancel() for t in chosen]
        await ended(ts); log("locked", lock.locked())
    await lock.acquire(); t = asyncio.create_task(w(lock, "x")); await asyncio.sleep(0); t.cancel(); lock.release(); late = asyncio.create_task(w(lock, "late")); await ended([t, late])
    await lock.acquire(); t = asyncio.create_task(w(lock, "y")); await asyncio.sleep(0); t.cancel(); lock.release(); await lock.acquire(); log("cancelled waiters do not count"); lock.release(); await ended([t]); log("locked", lock.locked())
asyncio.run(main())
