import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S114, S115: a child that is merely cancelled is no error; an error of the body cancels the children and comes last
async def nap(n):
    try: await asyncio.sleep(10); log("done", n)
    except asyncio.CancelledError: log("cancelled", n); raise
async def main():
    async with asyncio.TaskGroup() as tg:
        a = tg.create_task(nap("a")); b = tg.create_task(nap("b")); await asyncio.sleep(1); a.cancel()
    log("left", a.cancelled(), b.cancelled(), asyncio.current_task().cancelling())
    async def raises(): await asyncio.sleep(1); raise asyncio.CancelledError
    async with asyncio.TaskGroup() as tg: c = tg.create_task(raises()); d = tg.create_task(nap("d"))
    log("left", c.cancelled(), d.cancelled())
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(nap("e")); await asyncio.sleep(1); raise ValueError("body")
    except ExceptionGroup as eg: log(repr(eg))
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(nap("never started")); raise ValueError("at once")
    except ExceptionGroup as eg: log(repr(eg))
    async def cleanup():
        try: await asyncio.sleep(10)
        finally: raise KeyError("child")
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(cleanup()); await asyncio.sleep(1); raise ValueError("body")
    except ExceptionGroup as eg: log(repr(eg))
    async def bad(): raise KeyError("child")
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(bad())
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: log("body turns its cancellation into"); raise ValueError("another error")
    except ExceptionGroup as eg: log(repr(eg), asyncio.current_task().cancelling())
    try:
        async with asyncio.TaskGroup(): raise asyncio.CancelledError("made by the body")
    except asyncio.CancelledError as e: log(repr(e), asyncio.current_task().cancelling())
    async with asyncio.TaskGroup() as tg:
        e = tg.create_task(nap("e"))
        try: await e
        except asyncio.CancelledError: log("NEVER")
    log("body awaited its child")
asyncio.run(main())
