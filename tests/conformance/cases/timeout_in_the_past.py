import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S123, S125: a body runs until its first suspension even if the time is over; without one it completes
async def body(n, suspends):
    log(n, "runs")
    if suspends: await asyncio.sleep(0); log("NEVER")
    return "completed"
async def main():
    me = asyncio.current_task()
    for d in (0, -1):
        for suspends in (False, True):
            async def scope():
                async with asyncio.timeout(d): return await body(d, suspends)
            try: log(await scope())
            except TimeoutError: log("TimeoutError; cancelling", me.cancelling())
            await asyncio.sleep(0); log("later awaits work", me.cancelling())
asyncio.run(main())
