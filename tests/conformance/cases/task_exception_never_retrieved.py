import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S75, S179: reported when the last handle is dropped, unless somebody has looked, or cancelled
async def bad(n): raise ValueError(n)
async def main():
    asyncio.get_running_loop().set_exception_handler(lambda l, c: log("HANDLER", c["message"], repr(c["exception"])))
    t = asyncio.create_task(bad("kept")); await asyncio.sleep(0); log("done, handle kept: silent", t.done()); del t; log("dropped")
    t = asyncio.create_task(bad("looked at")); await asyncio.sleep(0); log("exception", repr(t.exception())); del t
    t = asyncio.create_task(bad("cancelled")); await asyncio.sleep(0); log("cancel", t.cancel()); del t
    t = asyncio.create_task(bad("awaited"))
    try: await t
    except ValueError: log("awaited")
    del t
    asyncio.create_task(bad("no handle")); log("created"); await asyncio.sleep(0); log("end")
asyncio.run(main())
