import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S140: a cancelled waiter gives the permit that was reserved for it to the next
async def w(s, n):
    try: await s.acquire(); log("acquired", n)
    except asyncio.CancelledError: log("cancelled", n); raise
async def ended(ts):
    for t in ts:
        try: await t
        except asyncio.CancelledError: pass
async def main():
    for cancelled, when in (([0], "before"), ([0], "after"), ([1], "after"), ([0, 1], "before"), ([0, 1], "after")):
        s = asyncio.Semaphore(0); ts = [asyncio.create_task(w(s, i)) for i in range(3)]; await asyncio.sleep(0); log("cancel", cancelled, when)
        if when == "before": [ts[i].cancel() for i in cancelled]
        s.release()
        if when == "after": [ts[i].cancel() for i in cancelled]
        for _ in range(4): await asyncio.sleep(0)
        log([t.done() for t in ts], "locked", s.locked()); s.release(); s.release(); s.release(); await ended(ts); log("locked", s.locked())
    s = asyncio.Semaphore(0); ts = [asyncio.create_task(w(s, i)) for i in range(3)]; await asyncio.sleep(0); s.release(); s.release(); ts[0].cancel(); await asyncio.sleep(0); await asyncio.sleep(0); log([t.done() for t in ts]); await ended(ts); log("locked", s.locked())
asyncio.run(main())
