import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S180: an error that the group throws is nobody's to report, also if it is dropped; one of a foreign task is
import gc
async def bad(text): raise ValueError(text)
async def main():
    asyncio.get_running_loop().set_exception_handler(lambda loop, c: log("HANDLER", c["message"], repr(c["exception"])))
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(bad("a")); tg.create_task(bad("b"))
    except ExceptionGroup as eg: log(repr(eg))
    del tg; gc.collect(); log("dropped")
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(bad("lost")); await asyncio.sleep(0); raise SystemExit("order")
    except SystemExit as e: log(repr(e))
    del tg; gc.collect(); await asyncio.sleep(0); log("end")
asyncio.run(main())
