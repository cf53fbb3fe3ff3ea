import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S116: a cancel of the parent goes to the children; it is thrown when they have ended; others meanwhile are absorbed
async def slow_cleanup(n, d):
    try: await asyncio.sleep(100)
    finally: log("cleanup", n); await asyncio.sleep(d); log("cleaned", n)
async def in_exit():
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(slow_cleanup("a", 5))
    except asyncio.CancelledError as e: log("in exit", repr(e), "cancelling", asyncio.current_task().cancelling()); raise
async def in_body():
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(slow_cleanup("b", 5))
            try: await asyncio.sleep(100)
            except asyncio.CancelledError: log("body"); raise
    except asyncio.CancelledError as e: log("in body", repr(e), "cancelling", asyncio.current_task().cancelling()); raise
async def swallows():
    async with asyncio.TaskGroup() as tg:
        tg.create_task(slow_cleanup("c", 1))
        try: await asyncio.sleep(100)
        except asyncio.CancelledError: log("body swallows")
        await asyncio.sleep(1); log("and goes on; cancelling", asyncio.current_task().cancelling())
        raise ValueError
async def main():
    for f, times in ((in_exit, 1), (in_exit, 3), (in_body, 1), (in_body, 3)):
        t = asyncio.create_task(f()); await asyncio.sleep(1)
        for i in range(times): log("cancel", t.cancel("message %d" % i)); await asyncio.sleep(1)
        try: await t
        except asyncio.CancelledError: log("cancelled", t.cancelled(), t.cancelling())
    t = asyncio.create_task(swallows()); await asyncio.sleep(1); t.cancel()
    try: await t
    except ExceptionGroup as eg: log(repr(eg), t.cancelling())
    t = asyncio.create_task(in_exit()); t.cancel()
    try: await t
    except asyncio.CancelledError: log("never started")
asyncio.run(main())
