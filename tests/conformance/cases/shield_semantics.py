import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S102: cancelling the awaiter leaves the inner task running; a cancelled inner task cancels the awaiter
async def inner(n):
    try: await asyncio.sleep(2); log("inner done", n); return n
    except asyncio.CancelledError: log("inner cancelled", n); raise
async def failing(): await asyncio.sleep(1); raise ValueError("inner failed")
async def outer(t):
    try: r = await asyncio.shield(t); log("outer got", r); return r
    except asyncio.CancelledError: log("outer cancelled; cancelling", asyncio.current_task().cancelling()); raise
async def main():
    t = asyncio.create_task(inner("a")); o = asyncio.create_task(outer(t)); await asyncio.sleep(1); log("cancel", o.cancel())
    try: await o
    except asyncio.CancelledError: log("outer", o.cancelled(), "inner", t.cancelled(), t.done())
    log(await t)
    t = asyncio.create_task(inner("b")); o = asyncio.create_task(outer(t)); log(await o)
    t = asyncio.create_task(inner("c")); o = asyncio.create_task(outer(t)); await asyncio.sleep(1); t.cancel()
    try: await o
    except asyncio.CancelledError: log("outer", o.cancelled(), o.cancelling())
    try: await asyncio.shield(asyncio.create_task(failing()))
    except ValueError as e: log("raised", repr(e))
    t = asyncio.create_task(inner("d")); await asyncio.sleep(5); log("shield of a done task", await asyncio.shield(t))
asyncio.run(main())
