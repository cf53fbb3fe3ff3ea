import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S87: cancelling the awaiter cancels all children; the awaiter goes on when all have ended
async def w(n, cleanup):
    try: await asyncio.sleep(100); log("NEVER")
    except asyncio.CancelledError: log("cancelled", n)
    await asyncio.sleep(cleanup); log("cleaned", n)
    if n == "b": raise ValueError("b")
    return n
async def short(): return "done before"
async def outer():
    try: log("NEVER", await asyncio.gather(w("a", 3), w("b", 1), w("c", 2), short()))
    except asyncio.CancelledError: log("outer raised CancelledError; cancelling", asyncio.current_task().cancelling()); raise
async def main():
    loop = asyncio.get_running_loop(); t = asyncio.create_task(outer()); await asyncio.sleep(1); log("cancel", t.cancel()); await asyncio.sleep(1.5); log("done", t.done())
    try: await t
    except asyncio.CancelledError: log("cancelled", t.cancelled(), "at", round(loop.time() * 10))
asyncio.run(main())
