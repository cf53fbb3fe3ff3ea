import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S95: the coroutine runs in the caller's task; a task stays one of its own
async def child(): return asyncio.current_task().get_name()
async def main():
    me = asyncio.current_task().get_name()
    for limit in (10, None): log("same task:", await asyncio.wait_for(child(), limit) == me)
    log(await asyncio.wait_for(asyncio.create_task(child(), name="own"), 10), asyncio.current_task().get_name() == me)
asyncio.run(main())
