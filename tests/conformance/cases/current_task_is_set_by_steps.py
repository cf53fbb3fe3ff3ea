import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S53: the task whose step runs; none in callbacks; nested awaits do not change it
def cb(where): log(where, asyncio.current_task() is None)
async def inner(): return asyncio.current_task().get_name()
async def other(): log("other is", asyncio.current_task().get_name()); await asyncio.sleep(0); log("other still", asyncio.current_task().get_name())
async def main():
    loop = asyncio.get_running_loop(); asyncio.current_task().set_name("M"); loop.call_soon(cb, "in callback: none"); loop.call_later(1, cb, "in timer: none"); t = asyncio.create_task(other(), name="O")
    log(await inner()); await asyncio.sleep(0); log(await inner()); await t; log(await inner()); await asyncio.sleep(2); log(await inner())
asyncio.run(main())
