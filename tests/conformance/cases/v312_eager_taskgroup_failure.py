import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# Not from 3.13.5 on: there a failure during the start of an eager child is noticed later.
# S60: an eager child that fails at once cancels the parent at its next suspension, and the group refuses more
async def boom(): raise ValueError("x")
async def ok(): return "ok"
async def waits():
    log("child waits")
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: log("child cancelled"); raise
async def failing():
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(waits())
            tg.create_task(boom()); log("body continues after eager failure; cancelling", asyncio.current_task().cancelling())
            c = asyncio.sleep(0)
            try: tg.create_task(c); log("create ok")
            except RuntimeError as e: log("shutting down", "is shutting down" in str(e))
            try: await asyncio.sleep(0); log("NEVER")
            except asyncio.CancelledError: log("body cancelled"); raise
    except* ValueError as eg: log(eg.exceptions)
    log("cancelling", asyncio.current_task().cancelling())
async def fine():
    async with asyncio.TaskGroup() as tg:
        a = tg.create_task(ok()); log("done in the body", a.done()); b = tg.create_task(asyncio.sleep(1, "slept")); log("not done", b.done())
    log(a.result(), b.result())
    asyncio.get_running_loop().call_soon(log, "no turn")
    async with asyncio.TaskGroup() as tg: tg.create_task(ok()); tg.create_task(ok())
    log("a group of eager-done tasks takes"); await asyncio.sleep(0)
async def main(): asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory); await failing(); await fine()
asyncio.run(main())
