import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S85-S87: exceptions and cancellations as results; a child that somebody cancels; cancelling it all the same
async def ok(n, d=0): await asyncio.sleep(d); return n
async def bad(n): raise ValueError(n)
def show(r): log([str(x) if isinstance(x, str) else type(x).__name__ for x in r])
async def main():
    me = asyncio.current_task()
    t = asyncio.create_task(ok("c", 100)); asyncio.get_running_loop().call_later(1, t.cancel)
    show(await asyncio.gather(ok("a"), bad("b"), t, ok("d", 2), return_exceptions=True)); log("cancelling", me.cancelling())
    t = asyncio.create_task(ok("c", 100)); o = asyncio.create_task(ok("goes on", 5)); asyncio.get_running_loop().call_later(1, t.cancel, "why")
    try: await asyncio.gather(o, t)
    except asyncio.CancelledError as e: log("CancelledError", e.args, "cancelling", me.cancelling())
    log(o.done(), await o)
    g = asyncio.gather(ok("a", 3), ok("b", 4), return_exceptions=True); await asyncio.sleep(1); log("cancel", g.cancel("stop"), g.done())
    try: await g
    except asyncio.CancelledError as e: log("CancelledError", e.args, "cancelled", g.cancelled(), "done", g.done())
    log(repr(g.exception()), "again", g.cancel())
    async def swallows(n):
        try: await asyncio.sleep(100)
        except asyncio.CancelledError as e: log("swallows", n, e.args)
        return n
    g = asyncio.gather(swallows("x"), swallows("y")); await asyncio.sleep(1); log("cancel", g.cancel("stop"))
    try: log(await g)
    except asyncio.CancelledError as e: log("CancelledError", e.args)
    g = asyncio.gather(ok("q"), ok("r")); await asyncio.sleep(1); log("done", g.done(), g.result(), g.exception(), "cancel", g.cancel()); log(await g, await g)
    g = asyncio.gather(bad("s"), ok("t")); await asyncio.sleep(1); log("done", g.done(), repr(g.exception()), g.cancelled())
asyncio.run(main())
