import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S92, S94: what is done and what is pending, by each condition and by time; nothing is cancelled and nothing thrown
async def w(n, d, fails=False):
    await asyncio.sleep(d)
    if fails: raise ValueError(n)
    return n
def names(ts, s): return [t.get_name() for t in ts if t in s]
def tasks(fails): return [asyncio.create_task(w(n, d, n in fails), name=n) for n, d in (("a", 3), ("b", 1), ("c", 2))]
async def main():
    loop = asyncio.get_running_loop()
    async def by(fails, **k):
        ts = tasks(fails); start = loop.time(); done, pending = await asyncio.wait(ts, **k)
        log("done", names(ts, done), "pending", names(ts, pending), "after", round((loop.time() - start) * 10))
        await asyncio.sleep(10); log("at last", [type(t.exception()).__name__ for t in ts])
    for when in (asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION, asyncio.ALL_COMPLETED):
        log(when); await by("", return_when=when); await by("c", return_when=when); await by("b", return_when=when)
    log("by time"); await by("", timeout=2.5); await by("", timeout=0); await by("", timeout=-1); await by("", timeout=100); await by("b", timeout=1.5, return_when=asyncio.FIRST_EXCEPTION)
    log("several of one turn")
    fs = [loop.create_future() for _ in range(3)]
    def both(): fs[0].set_result("x"); fs[2].set_result("z")
    loop.call_soon(both); done, pending = await asyncio.wait(fs, return_when=asyncio.FIRST_COMPLETED); log([f in done for f in fs], [f in pending for f in fs])
    loop.call_soon(fs[1].cancel); done, pending = await asyncio.wait(fs); log([f in done for f in fs], len(pending), fs[1].cancelled())
    f = loop.create_future(); g = loop.create_future(); loop.call_soon(f.set_result, 1); loop.call_soon(loop.call_soon, g.set_result, 2)
    done, pending = await asyncio.wait([f, g], return_when=asyncio.FIRST_COMPLETED); log("the second came before the waiter ran", g in done)
    try: await asyncio.wait([])
    except ValueError as e: log(e)
asyncio.run(main())
