import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S93: a task that ends cancelled is no exception; S92: whose exception counts as seen
async def bad(n): raise ValueError(n)
async def main():
    loop = asyncio.get_running_loop(); loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"], repr(c["exception"])))
    fs = [loop.create_future() for _ in range(3)]
    loop.call_later(1, fs[0].cancel); loop.call_later(2, fs[1].set_exception, ValueError("x"))
    done, pending = await asyncio.wait(fs, return_when=asyncio.FIRST_EXCEPTION)
    log(round(loop.time()), [f in done for f in fs], fs[0].cancelled()); fs[1].exception(); fs[2].cancel()
    fs = [loop.create_future() for _ in range(2)]
    loop.call_later(1, fs[0].cancel); loop.call_later(2, fs[1].cancel)
    done, pending = await asyncio.wait(fs, return_when=asyncio.FIRST_EXCEPTION); log(round(loop.time()), len(done), len(pending))
    for when in (asyncio.FIRST_EXCEPTION, asyncio.FIRST_COMPLETED, asyncio.ALL_COMPLETED):
        log(when); a = asyncio.create_task(bad("a")); b = asyncio.create_task(asyncio.sleep(1)); await asyncio.wait([a, b], return_when=when); a = done = None; log("handle dropped"); await b
    log("the last one"); a = asyncio.create_task(bad("last")); await asyncio.wait([a], return_when=asyncio.FIRST_EXCEPTION); a = None; log("handle dropped")
asyncio.run(main())
