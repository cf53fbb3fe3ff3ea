import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S111: children that have not started never run; those that ended are not asked
async def child(n): log("runs", n); await asyncio.sleep(10)
async def bad(): log("fails"); raise ValueError
async def main():
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(child("a")); raise KeyError
    except ExceptionGroup as eg: log(repr(eg))
    async def ends(): log("ends")
    try:
        async with asyncio.TaskGroup() as tg: a = tg.create_task(ends()); tg.create_task(bad()); b = tg.create_task(ends())
    except ExceptionGroup as eg: log(repr(eg), a.cancelled(), b.cancelled())
    async def spawns(tg): b = tg.create_task(ends()); log("spawns"); raise ValueError("spawner")
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(spawns(tg))
    except ExceptionGroup as eg: log(repr(eg))
    async def spawns_late(tg): tg.create_task(bad()); await asyncio.sleep(0); tg.create_task(child("c")); log("spawned")
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(spawns_late(tg))
    except ExceptionGroup as eg: log(repr(eg))
    async def swallows():
        try: await asyncio.sleep(10)
        except asyncio.CancelledError: log("swallowed"); await asyncio.sleep(5); log("went on"); return 1
    try:
        async with asyncio.TaskGroup() as tg: a = tg.create_task(swallows()); await asyncio.sleep(1); tg.create_task(bad())
    except ExceptionGroup as eg: log(repr(eg), a.result(), a.cancelling())
asyncio.run(main())
