import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S111, S113: the first failure cancels siblings and the body; the group holds errors in completion order
cancelled = []
async def ok(n):
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: cancelled.append(n); raise
async def bad(n, d): await asyncio.sleep(d); raise ValueError(n)
async def bad_cleanup():
    try: await asyncio.sleep(10)
    finally: raise KeyError("cleanup")
async def main():
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(ok(1)); tg.create_task(bad("first", 1)); tg.create_task(bad_cleanup()); tg.create_task(ok(2))
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: log("body cancelled; cancelling", asyncio.current_task().cancelling()); raise
    except BaseExceptionGroup as eg:
        log("siblings cancelled", sorted(cancelled)); log(type(eg).__name__, eg.message, [repr(e) for e in eg.exceptions]); log(eg)
    log("cancelling after", asyncio.current_task().cancelling()); await asyncio.sleep(0); log("parent alive")
    try:
        async with asyncio.TaskGroup() as tg:
            for n in range(4): tg.create_task(bad(str(n), 4 - n))
    except ExceptionGroup as eg: log("only the first failed; the others were asleep", repr(eg))
    try:
        async with asyncio.TaskGroup() as tg:
            for n in (2, 0, 1): tg.create_task(bad(str(n), 1))
    except ExceptionGroup as eg: log("three in one turn", repr(eg))
asyncio.run(main())
