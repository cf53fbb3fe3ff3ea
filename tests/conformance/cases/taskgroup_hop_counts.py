import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S43, S110, S122: the body runs in the same task without a hop; leaving costs three turns from the last child's step
async def main():
    loop = asyncio.get_running_loop(); me = asyncio.current_task(); n = 0; stop = False
    def tick():
        nonlocal n
        n += 1
        if not stop: loop.call_soon(tick)
    tick()
    async def child(): return 1
    async def slow(): await asyncio.sleep(0); await asyncio.sleep(0)
    async def bad(): raise ValueError
    async def cost(what, *coros, body=0):
        a = n
        try:
            async with asyncio.TaskGroup() as tg:
                assert asyncio.current_task() is me
                for c in coros: tg.create_task(c)
                for _ in range(body): await asyncio.sleep(0)
                log(what, "body", n - a)
        except ExceptionGroup: pass
        log(what, n - a)
    await cost("empty"); await cost("one", child()); await cost("three", child(), child(), child()); await cost("slow", child(), slow())
    await cost("failing", bad()); await cost("failing and slow", bad(), slow()); await cost("ended before", child(), body=2); await cost("ended, not told", child(), body=1)
    await cost("failing before", bad(), body=3)
    async def spawns(tg): tg.create_task(child())
    a = n
    async with asyncio.TaskGroup() as tg: tg.create_task(spawns(tg))
    log("grandchild", n - a); a = n
    async with asyncio.TaskGroup() as o:
        async with asyncio.TaskGroup() as i: i.create_task(child())
    log("nested", n - a); a = n
    async with asyncio.TaskGroup() as tg:
        t = tg.create_task(child()); x = await t; log("awaited in the body", n - a, x)
    log("and left", n - a); a = n
    async def group():
        async with asyncio.TaskGroup() as tg: tg.create_task(asyncio.sleep(10))
    g = asyncio.create_task(group())
    for _ in range(3): await asyncio.sleep(0)
    a = n; g.cancel()
    try: await g
    except asyncio.CancelledError: log("cancelled", n - a)
    stop = True
asyncio.run(main())
