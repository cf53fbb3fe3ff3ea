import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S60, S43: how what waits for several deals with tasks that are done when they are made
async def quick(n): log("quick", n); return n
async def slow(n, turns=1):
    log("slow", n)
    for _ in range(turns): await asyncio.sleep(0)
    log("slow ends", n); return n
async def boom(n): raise ValueError(n)
async def counts(what, aw):
    turn = 0; over = False
    def count():
        nonlocal turn
        if not over: turn += 1; asyncio.get_running_loop().call_soon(count)
    asyncio.get_running_loop().call_soon(count); r = await aw; over = True; log(what, "turns", turn); return r
async def main():
    loop = asyncio.get_running_loop(); loop.set_task_factory(asyncio.eager_task_factory)
    g = asyncio.gather(quick("a"), quick("b")); log("gathered", g.done()); log(await counts("gather", g))
    g = asyncio.gather(quick("c"), slow("d"), quick("e")); log("gathered", g.done()); log(await counts("mixed gather", g))
    g = asyncio.gather(slow("f"), boom("g")); log("failed at once", g.done())
    try: await g
    except ValueError as e: log("ValueError", e)
    await asyncio.sleep(0); await asyncio.sleep(0)
    g = asyncio.gather(boom("h"), quick("i"), return_exceptions=True); log(g.done(), *[repr(r) for r in await g])
    t = asyncio.create_task(quick("j")); log(await counts("shield", asyncio.shield(t)))
    t = asyncio.create_task(quick("k")); done, pending = await counts("wait", asyncio.wait([t])); log(len(done), len(pending))
    ts = [asyncio.create_task(quick("l")), asyncio.create_task(slow("m", 3))]
    done, pending = await counts("first", asyncio.wait(ts, return_when=asyncio.FIRST_COMPLETED)); log(len(done), len(pending)); await ts[1]
    log(await counts("wait_for", asyncio.wait_for(quick("n"), 1))); log(await counts("task", asyncio.create_task(quick("o"))))
    for x in [asyncio.create_task(slow(n)) for n in "pqr"]: await x
    async with asyncio.timeout(1): log(await asyncio.create_task(slow("s")))
asyncio.run(main())
