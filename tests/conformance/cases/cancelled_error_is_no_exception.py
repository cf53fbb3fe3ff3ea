import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S61: 'except Exception' lets it pass, 'except BaseException' does not; raised without cancel() it cancels the task as well
async def w():
    try: await asyncio.sleep(10)
    except Exception: log("NEVER")
async def b():
    try: await asyncio.sleep(10)
    except BaseException as e: log("caught", type(e).__name__); raise
async def main():
    for f in (w, b):
        t = asyncio.create_task(f()); await asyncio.sleep(0); t.cancel()
        try: await t
        except asyncio.CancelledError: log("cancelled", t.cancelled())
asyncio.run(main())
