import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S75, S84: the exception of a gather that nobody awaits is its own to report; cancel() after the end does not silence it
async def bad(n, d=0): await asyncio.sleep(d); raise ValueError(n)
async def main():
    loop = asyncio.get_running_loop(); loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"], repr(c["exception"])))
    g = asyncio.gather(bad("a"), bad("b")); await asyncio.sleep(1); log("done", g.done()); g = None; log("dropped")
    g = asyncio.gather(bad("seen")); await asyncio.sleep(1); log(repr(g.exception())); g = None; log("dropped")
    g = asyncio.gather(bad("cancelled")); await asyncio.sleep(1); log(g.cancel()); g = None; log("dropped")
    asyncio.gather(bad("at once"), bad("later", 2)); await asyncio.sleep(5)
    g = asyncio.gather(bad("kept"), return_exceptions=True); await asyncio.sleep(1); g = None; log("as a result: silent")
    g = asyncio.gather(asyncio.sleep(100)); await asyncio.sleep(1); g.cancel(); await asyncio.sleep(1); g = None; log("end")
asyncio.run(main())
