import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S31, S40, S41: coroutines at any depth, done tasks and uncontended primitives do not yield
async def leaf(): return 1
async def deep(n): return await leaf() if n == 0 else await deep(n - 1) + 1
async def main():
    loop = asyncio.get_running_loop(); done = asyncio.create_task(leaf()); await done
    loop.call_soon(log, "callback")
    log("deep", await deep(50)); log("done task", await done, await done)
    lock = asyncio.Lock(); await lock.acquire(); lock.release()
    async with lock: log("lock held", lock.locked())
    e = asyncio.Event(); e.set(); await e.wait(); s = asyncio.Semaphore(2); await s.acquire(); await s.acquire(); log("semaphore locked", s.locked()); s.release()
    q = asyncio.Queue(2); await q.put(1); await q.put(2); log("queue", await q.get(), await q.get())
    c = asyncio.Condition(); await c.acquire(); c.notify_all(); log("condition", await c.wait_for(lambda: True)); c.release()
    b = asyncio.Barrier(1); log("barrier", await b.wait()); log("wait_for", await asyncio.wait_for(leaf(), 10), await asyncio.wait_for(done, 10))
    log("shield of done", await asyncio.shield(done)); log("before first real yield"); await asyncio.sleep(0); log("after")
asyncio.run(main())
