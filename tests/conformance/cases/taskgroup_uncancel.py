import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S119: one request of the group's own, taken back once, whatever the body does with it
async def bad(d): await asyncio.sleep(d); raise ValueError("bad")
async def main():
    me = asyncio.current_task()
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(bad(1))
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: log("body swallows", me.cancelling())
            await asyncio.sleep(1); log("body goes on", me.cancelling())
    except ExceptionGroup as eg: log(repr(eg), me.cancelling())
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(bad(1))
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: log("body takes it back", me.uncancel())
    except ExceptionGroup as eg: log(repr(eg), me.cancelling())
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(bad(1))
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: me.cancel(); log("body asks once more", me.cancelling()); raise
    except ExceptionGroup as eg: log(repr(eg), me.cancelling())
    try: await asyncio.sleep(0); log("NEVER")
    except asyncio.CancelledError: log("next suspension", me.cancelling(), me.uncancel())
    async with asyncio.TaskGroup() as tg:
        me.cancel(); log("cancels itself, and never suspends"); log(me.uncancel())
    async def itself():
        me = asyncio.current_task()
        async with asyncio.TaskGroup() as tg: tg.create_task(asyncio.sleep(10)); me.cancel("by itself"); log("on the way to the exit")
    try: await asyncio.create_task(itself())
    except asyncio.CancelledError as e: log(repr(e))
    async def empty():
        async with asyncio.TaskGroup() as tg: asyncio.current_task().cancel()
        log("nothing to wait for")
        try: await asyncio.sleep(0)
        except asyncio.CancelledError: log("cancelled after it")
    await asyncio.create_task(empty())
    async def outer_work():
        async with asyncio.TaskGroup() as tg: tg.create_task(bad(1)); tg.create_task(bad(2))
    t = asyncio.create_task(outer_work())
    try: await t
    except ExceptionGroup as eg: log(repr(eg), t.cancelling(), t.cancelled())
asyncio.run(main())
