import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S141: giving back more than there is is an error; a permit that is reserved for who was woken counts as taken
async def w(s, n): await s.acquire(); log("acquired", n)
async def main():
    s = asyncio.BoundedSemaphore(2)
    try: s.release()
    except ValueError as e: log(e)
    await s.acquire(); await s.acquire(); log("locked", s.locked()); ts = [asyncio.create_task(w(s, i)) for i in range(2)]; await asyncio.sleep(0)
    s.release(); s.release(); log("released; locked", s.locked())
    s2 = asyncio.BoundedSemaphore(1)
    async with s2: log("inside", s2.locked())
    try: s2.release()
    except ValueError as e: log(e)
    for t in ts: await t
    s.release(); s.release()
    try: s.release()
    except ValueError as e: log(e)
    log("locked", s.locked()); s = asyncio.BoundedSemaphore(1); await s.acquire(); t = asyncio.create_task(w(s, "woken")); await asyncio.sleep(0); s.release()
    try: s.release(); log("no error")
    except ValueError as e: log(e)
    await t
asyncio.run(main())
