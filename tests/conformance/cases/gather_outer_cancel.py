import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S87: cancelling the awaiter cancels all children; it goes on when all have returned, or when the first one ends cancelled or fails
async def w(n, cleanup):
    try: await asyncio.sleep(100); log("NEVER")
    except asyncio.CancelledError: log("cancelled", n)
    await asyncio.sleep(cleanup); log("cleaned", n)
    if n == how: raise ValueError(n)
    if how == "cancelled": raise asyncio.CancelledError
    return n
async def short(): return "done before"
async def outer():
    try: log("got", await asyncio.gather(w("a", 3), w("b", 1), w("c", 2), short()))
    except asyncio.CancelledError: log("outer raised CancelledError; cancelling", asyncio.current_task().cancelling()); raise
async def main():
    global how; loop = asyncio.get_running_loop()
    for how in ("return", "cancelled", "b"):
        log(how); start = loop.time(); t = asyncio.create_task(outer()); await asyncio.sleep(1); log("cancel", t.cancel())
        try: await t
        except asyncio.CancelledError: log("cancelled", t.cancelled(), "at", round(loop.time() - start))
        except ValueError as e: log("raised", repr(e), "at", round(loop.time() - start))
        await asyncio.sleep(5)
asyncio.run(main())
