import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S62, S63: True and nothing else at once; the error arrives in the next turn
async def w():
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: log("caught"); raise
    finally: log("finally")
async def main():
    t = asyncio.create_task(w()); await asyncio.sleep(0); asyncio.get_running_loop().call_soon(log, "callback queued before cancel()")
    log("cancel ->", t.cancel(), "cancelled", t.cancelled(), "done", t.done(), "cancelling", t.cancelling())
    asyncio.get_running_loop().call_soon(log, "callback queued after cancel()"); await asyncio.sleep(0); log("next turn: done", t.done(), "cancelled", t.cancelled()); log("again ->", t.cancel())
asyncio.run(main())
