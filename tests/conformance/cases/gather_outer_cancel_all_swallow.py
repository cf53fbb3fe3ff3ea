import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S87: children that swallow the cancel and return: the awaiter is cancelled nevertheless
async def w(n):
    try: await asyncio.sleep(100)
    except asyncio.CancelledError: log("swallowed", n)
    return n
async def outer():
    try: r = await asyncio.gather(w("a"), w("b")); log("got", r)
    except asyncio.CancelledError: log("outer cancelled")
async def main():
    t = asyncio.create_task(outer()); await asyncio.sleep(1); t.cancel(); await t; log(t.cancelled(), t.cancelling())
    t = asyncio.create_task(outer()); await asyncio.sleep(1); t.cancel(); await asyncio.sleep(0); log("second cancel", t.cancel()); await t; log(t.cancelled(), t.cancelling())
asyncio.run(main())
