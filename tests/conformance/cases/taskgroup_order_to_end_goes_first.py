import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S118, S113: KeyboardInterrupt and SystemExit leave the group bare; other BaseExceptions are grouped
class Odd(BaseException): pass
async def nap(n):
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: log("cancelled", n); raise
async def fails_in_cleanup():
    try: await asyncio.sleep(10)
    finally: raise ValueError("cleanup")
async def main():
    me = asyncio.current_task()
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(nap("a")); await asyncio.sleep(1); raise SystemExit("of the body")
    except SystemExit as e: log(repr(e), me.cancelling())
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(fails_in_cleanup()); await asyncio.sleep(1); raise KeyboardInterrupt("of the body")
    except KeyboardInterrupt as e: log(repr(e), me.cancelling())
    async def odd(): await asyncio.sleep(1); raise Odd("child")
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(odd()); tg.create_task(fails_in_cleanup())
    except BaseExceptionGroup as eg: log(repr(eg), isinstance(eg, Exception), me.cancelling())
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(nap("b")); await asyncio.sleep(1); raise Odd("body")
    except BaseExceptionGroup as eg: log(repr(eg), isinstance(eg, Exception), me.cancelling())
loop = asyncio.new_event_loop(); loop.run_until_complete(main())
async def order(): await asyncio.sleep(1); raise KeyboardInterrupt("of a child")
async def with_child(body):
    me = asyncio.current_task()
    try:
        async with asyncio.TaskGroup() as tg: tg.create_task(order()); tg.create_task(fails_in_cleanup()); await asyncio.sleep(10 if body else 0)
    except BaseException as e: log(repr(e), "cancelling", me.cancelling())
    await asyncio.sleep(0); log("alive")
for body in (True, False):
    t = loop.create_task(with_child(body))
    try: loop.run_until_complete(t)
    except KeyboardInterrupt as e: log("out of the loop", repr(e), t.done())
    loop.run_until_complete(t); log("done", t.done())
loop.close()
