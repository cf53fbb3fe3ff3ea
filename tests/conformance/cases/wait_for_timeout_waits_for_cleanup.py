import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S96, S97: what timed out is cancelled and waited for, however long it takes; a value or another error of it wins
async def w(then):
    try: await asyncio.sleep(100)
    except asyncio.CancelledError: log("cancelled; cleaning")
    await asyncio.sleep(5); log("cleaned")
    if then == "raise": raise ValueError("in cleanup")
    if then == "cancelled": raise asyncio.CancelledError()
    return then
async def never(): log("NEVER"); await asyncio.sleep(0)
async def starts(): log("runs until its first suspension"); await asyncio.sleep(0); log("NEVER")
async def main():
    loop = asyncio.get_running_loop()
    for then in ("value", "raise", "cancelled"):
        try: log("returned", await asyncio.wait_for(w(then), 1))
        except Exception as e: log("raised", type(e).__name__)
        log("at", round(loop.time()), "cancelling", asyncio.current_task().cancelling())
    t = asyncio.create_task(w("task value")); await asyncio.sleep(0); log("returned", await asyncio.wait_for(t, 1), "cancelling of the task", t.cancelling())
    t = asyncio.create_task(w("cancelled")); await asyncio.sleep(0)
    try: await asyncio.wait_for(t, 1)
    except TimeoutError: log("TimeoutError; task cancelled", t.cancelled())
    t = asyncio.create_task(asyncio.sleep(100))
    try: await asyncio.wait_for(t, 1)
    except TimeoutError: log("TimeoutError at", round(loop.time()), t.cancelled())
asyncio.run(main())
