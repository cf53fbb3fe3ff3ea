import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S66, S67: what was woken and is cancelled in the same turn is cancelled; nothing that it waited for is lost
async def main():
    async def w(n, aw):
        try: await aw; log(n, "woken")
        except asyncio.CancelledError: log(n, "cancelled"); raise
    async def cancelled(t):
        try: await t
        except asyncio.CancelledError: return True
        return False
    e = asyncio.Event(); t = asyncio.create_task(w("event", e.wait())); await asyncio.sleep(0); e.set(); t.cancel(); log(await cancelled(t), e.is_set())
    lock = asyncio.Lock(); await lock.acquire(); t = asyncio.create_task(w("lock", lock.acquire())); u = asyncio.create_task(w("next", lock.acquire())); await asyncio.sleep(0)
    lock.release(); t.cancel(); log(await cancelled(t)); await u; log("locked by next", lock.locked())
    q = asyncio.Queue(); t = asyncio.create_task(w("queue", q.get())); await asyncio.sleep(0); q.put_nowait("item"); t.cancel(); log(await cancelled(t), q.qsize())
    s = asyncio.Semaphore(0); t = asyncio.create_task(w("semaphore", s.acquire())); await asyncio.sleep(0); s.release(); t.cancel(); log(await cancelled(t), s.locked()); await s.acquire()
    async def child(): return "value"
    c = asyncio.create_task(child()); t = asyncio.create_task(w("join", c)); await asyncio.sleep(0); log("child done", c.done(), "cancel", t.cancel()); log(await cancelled(t), c.result())
    t = asyncio.create_task(w("sleep(0)", asyncio.sleep(0))); await asyncio.sleep(0); t.cancel(); log(await cancelled(t))
    loop = asyncio.get_running_loop(); t = asyncio.create_task(w("sleep", asyncio.sleep(1))); await asyncio.sleep(0); loop.call_later(1, log, "timer of main"); loop.call_at(loop.time() + 1, t.cancel); log(await cancelled(t))
    t = asyncio.create_task(w("cancel, then set", (e2 := asyncio.Event()).wait())); await asyncio.sleep(0); t.cancel(); e2.set(); log(await cancelled(t))
asyncio.run(main())
