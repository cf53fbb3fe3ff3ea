import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S117, S119: errors go before a cancellation from outside, which comes at the next suspension
async def fails_in_cleanup():
    try: await asyncio.sleep(100)
    finally: raise ValueError("cleanup")
async def after(what):
    me = asyncio.current_task(); log(what, "cancelling", me.cancelling())
    try: await asyncio.sleep(0); log("goes on")
    except asyncio.CancelledError: log("then CancelledError; cancelling", me.cancelling())
async def in_exit():
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(fails_in_cleanup())
    except ExceptionGroup as eg: await after(repr(eg))
async def in_body():
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(fails_in_cleanup()); await asyncio.sleep(100)
    except ExceptionGroup as eg: await after(repr(eg))
async def bad(d): await asyncio.sleep(d); raise KeyError("first")
async def slow():
    try: await asyncio.sleep(100)
    finally: await asyncio.sleep(5)
async def error_first():
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(bad(1)); tg.create_task(slow()); await asyncio.sleep(100)
    except ExceptionGroup as eg: await after(repr(eg))
async def body_error():
    try:
        async with asyncio.TaskGroup() as tg:
            try: await asyncio.sleep(100)
            finally: raise ValueError("of the body")
    except ExceptionGroup as eg: await after(repr(eg))
async def main():
    for f, wait in ((in_exit, 1), (in_body, 1), (error_first, 2), (error_first, 1), (body_error, 1)):
        t = asyncio.create_task(f()); await asyncio.sleep(wait); t.cancel(); await t; log(f.__name__, wait, "ended", t.cancelled(), t.cancelling())
    me = asyncio.current_task(); me.cancel()
    try: await asyncio.sleep(0)
    except asyncio.CancelledError: log("an earlier one, not taken back", me.cancelling())
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(bad(1))
    except ExceptionGroup as eg: await after(repr(eg))
    me.uncancel()
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(bad(1))
    except ExceptionGroup as eg: await after(repr(eg))
asyncio.run(main())
