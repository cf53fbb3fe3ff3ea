import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S109: a group takes tasks between enter and the end of its last child, unless it shuts down; a refused coroutine is closed
async def noop(): log("ran")
async def tries(tg, when):
    c = noop()
    try: tg.create_task(c)
    except RuntimeError as e: log(when + ":", e); log("closed", c.cr_frame is None)
async def main():
    tg = asyncio.TaskGroup(); await tries(tg, "not entered")
    async with tg:
        async def spawner(): await asyncio.sleep(0); tg.create_task(noop()); log("child may spawn siblings while exiting")
        tg.create_task(spawner())
    await tries(tg, "finished")
    try:
        async with tg: log("NEVER")
    except RuntimeError as e: log("again:", e)
    try:
        async with asyncio.TaskGroup() as tg:
            async def late():
                try: await asyncio.sleep(10)
                finally: await tries(tg, "aborting")
            tg.create_task(late()); await asyncio.sleep(0); raise ValueError
    except ExceptionGroup as eg: log(eg.exceptions)
    await tries(tg, "finished after an error")
    async def fails(): raise KeyError("x")
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(fails())
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: await tries(tg, "failed")
    except ExceptionGroup as eg: log(repr(eg))
asyncio.run(main())
