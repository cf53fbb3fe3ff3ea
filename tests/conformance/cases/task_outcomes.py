import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S46, S48: how a task can end, and what its handle says
class Odd(BaseException): pass
async def value(): return 5
async def none(): pass
async def error(): raise ValueError("e")
async def odd(): raise Odd("o")
async def made_up(): raise asyncio.CancelledError("made up")
async def swallowed():
    asyncio.current_task().cancel()
    try: await asyncio.sleep(0)
    except asyncio.CancelledError: return "back"
async def main():
    for f in (value, none, error, odd, made_up, swallowed):
        t = asyncio.create_task(f()); log(f.__name__, "done", t.done())
        try: r = await t; log("returned", r)
        except BaseException as e: log("raised", type(e).__name__)
        log("done", t.done(), "cancelled", t.cancelled(), "cancelling", t.cancelling())
        try: e = t.exception(); log("exception", type(e).__name__ if e else None)
        except asyncio.CancelledError: log("exception() raised CancelledError")
        try: log("result", t.result())
        except BaseException as e: log("result() raised", type(e).__name__)
asyncio.run(main())
