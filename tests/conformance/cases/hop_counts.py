import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S43: the number of turns that each kind of await costs
async def main():
    loop = asyncio.get_running_loop(); n = 0; stop = False
    def tick():
        nonlocal n
        n += 1
        if not stop: loop.call_soon(tick)
    tick()
    async def child(): return 1
    async def slow(): await asyncio.sleep(0); await asyncio.sleep(0); return 2
    async def bad(): raise ValueError
    async def cost(what, aw):
        a = n
        try: await aw
        except ValueError: pass
        log(what, n - a)
    t = asyncio.create_task
    await cost("coroutine", child()); await cost("sleep(0)", asyncio.sleep(0)); await cost("task", t(child())); await cost("slow task", t(slow()))
    await cost("failing task", t(bad()))
    await cost("gather 1", asyncio.gather(child())); await cost("gather 3", asyncio.gather(child(), child(), child())); await cost("gather slow", asyncio.gather(child(), slow()))
    await cost("gather failing", asyncio.gather(slow(), bad())); await cost("gather done", asyncio.gather())
    await cost("wait_for coroutine", asyncio.wait_for(child(), 10)); await cost("wait_for task", asyncio.wait_for(t(child()), 10))
    await cost("shield", asyncio.shield(t(child()))); await cost("shield slow", asyncio.shield(t(slow())))
    e = asyncio.Event(); loop.call_soon(e.set); await cost("event", e.wait())
    lock = asyncio.Lock(); await lock.acquire(); loop.call_soon(lock.release); await cost("lock", lock.acquire())
    q = asyncio.Queue(); loop.call_soon(q.put_nowait, 1); await cost("queue", q.get())
    s = asyncio.Semaphore(0); loop.call_soon(s.release); await cost("semaphore", s.acquire())
    c = asyncio.Condition()
    async def notifier():
        async with c: c.notify()
    async with c: t(notifier()); await cost("condition", c.wait())
    b = asyncio.Barrier(2); t(b.wait()); await cost("barrier, last", b.wait()); x = t(b.wait()); y = t(b.wait()); await cost("barrier, first", x)
    sleeper = t(asyncio.sleep(10)); await asyncio.sleep(0); a = n; sleeper.cancel()
    try: await sleeper
    except asyncio.CancelledError: log("cancelled task", n - a)
    sleeper = t(asyncio.sleep(10)); a = n; sleeper.cancel()
    try: await sleeper
    except asyncio.CancelledError: log("cancelled before start", n - a)
    stop = True
asyncio.run(main())
