import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S139: FIFO, permits are reserved for those that were woken; nobody overtakes
async def w(s, n): await s.acquire(); log("acquired", n, "locked", s.locked())
async def main():
    s = asyncio.Semaphore(0); ts = [asyncio.create_task(w(s, i)) for i in range(4)]; await asyncio.sleep(0)
    s.release(); s.release(); log("released 2; locked", s.locked()); late = asyncio.create_task(w(s, "late")); await asyncio.sleep(0); await asyncio.sleep(0); log("turns over")
    s.release(); s.release(); s.release()
    for t in [*ts, late]: await t
    log("locked", s.locked()); s.release(); log("locked", s.locked()); await s.acquire(); log("no suspension")
    s = asyncio.Semaphore(1)
    async def user(n):
        async with s: log("uses", n); await asyncio.sleep(0); log("leaves", n)
    ts = [asyncio.create_task(user(i)) for i in range(3)]
    for t in ts: await t
    s = asyncio.Semaphore(1); await s.acquire(); t = asyncio.create_task(w(s, "waiter")); await asyncio.sleep(0); s.release(); log("released; locked", s.locked()); u = asyncio.create_task(w(s, "barger")); await t; log("barger done", u.done()); s.release(); await u
asyncio.run(main())
