import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S119, S124: groups and deadlines take back their own requests only
async def nap(n, d):
    try: await asyncio.sleep(d); log("done", n)
    except asyncio.CancelledError: log("cancelled", n); raise
async def bad(d): await asyncio.sleep(d); raise ValueError("bad")
async def main():
    me = asyncio.current_task()
    try:
        async with asyncio.timeout(1):
            async with asyncio.TaskGroup() as tg: tg.create_task(nap("a", 5))
    except TimeoutError: log("TimeoutError", me.cancelling())
    try:
        async with asyncio.timeout(1):
            async with asyncio.TaskGroup() as tg: tg.create_task(nap("b", 5)); await nap("body", 5)
    except TimeoutError: log("TimeoutError", me.cancelling())
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(nap("c", 5))
            async with asyncio.timeout(1): await nap("body", 5)
    except ExceptionGroup as eg: log(eg, [type(e).__name__ for e in eg.exceptions], me.cancelling())
    try:
        async with asyncio.timeout(1):
            async with asyncio.TaskGroup() as tg: tg.create_task(bad(1)); tg.create_task(nap("d", 5))
    except ExceptionGroup as eg: log(repr(eg), me.cancelling())
    except TimeoutError: log("TimeoutError", me.cancelling())
    try:
        async with asyncio.timeout(2):
            async with asyncio.TaskGroup() as tg:
                tg.create_task(bad(1))
                async def slow():
                    try: await asyncio.sleep(10)
                    finally: await asyncio.sleep(5); log("cleaned")
                tg.create_task(slow())
    except ExceptionGroup as eg: log(repr(eg), me.cancelling())
    except TimeoutError: log("TimeoutError", me.cancelling())
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(bad(1))
            async with asyncio.timeout(1): await nap("body", 5)
    except ExceptionGroup as eg: log(eg, [type(e).__name__ for e in eg.exceptions], me.cancelling())
    try: await asyncio.sleep(0); log("alive", me.cancelling())
    except asyncio.CancelledError: log("cancelled", me.cancelling())
    try: await asyncio.wait_for(asyncio.create_task(group_of(5)), 1)
    except TimeoutError: log("wait_for", me.cancelling())
async def group_of(d):
    async with asyncio.TaskGroup() as tg: tg.create_task(nap("e", d))
asyncio.run(main())
