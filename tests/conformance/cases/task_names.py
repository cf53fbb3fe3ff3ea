import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S52: Task-1 is the main task; names given do not count; only tasks of their own have numbers
async def who(): return asyncio.current_task().get_name()
async def main():
    log(await who()); a, b, c = asyncio.create_task(who()), asyncio.create_task(who(), name="named"), asyncio.create_task(who())
    log(a.get_name(), b.get_name(), c.get_name()); log(await a, await b, await c); log(await asyncio.wait_for(who(), 10)); log(await asyncio.gather(who(), who()))
    asyncio.current_task().set_name("renamed"); log(await who())
asyncio.run(main())
