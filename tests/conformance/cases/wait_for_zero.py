import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S97: with no time left, a task that is done gives its result, one that has not started never runs
async def never(): log("NEVER"); return 0
async def quick(): return "done"
async def slow():
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: log("cancelled"); raise
async def main():
    done = asyncio.create_task(quick()); await done
    for d in (0, -1):
        log(await asyncio.wait_for(done, d)); t = asyncio.create_task(never())
        try: await asyncio.wait_for(t, d)
        except TimeoutError: log("TimeoutError; cancelled", t.cancelled())
        t = asyncio.create_task(slow()); await asyncio.sleep(0)
        try: await asyncio.wait_for(t, d)
        except TimeoutError: log("TimeoutError; cancelled", t.cancelled())
asyncio.run(main())
