import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S72, S73: requests are counted; catching does not take one back; at zero a request that is not delivered is dropped
async def w():
    me = asyncio.current_task(); log("none", me.cancelling(), me.uncancel())
    me.cancel(); me.cancel(); log("two", me.cancelling())
    try: await asyncio.sleep(0)
    except asyncio.CancelledError: log("caught once", me.cancelling())
    await asyncio.sleep(0); log("no second delivery", me.uncancel(), me.uncancel(), me.uncancel())
    me.cancel(); log("taken back", me.uncancel()); await asyncio.sleep(0); log("not delivered")
    me.cancel(); me.cancel(); log("one of two taken back", me.uncancel())
    try: await asyncio.sleep(0); log("NEVER")
    except asyncio.CancelledError: log("delivered", me.cancelling())
    return me.uncancel()
async def main():
    t = asyncio.create_task(w()); log(await t, t.cancelled(), t.cancelling())
    t = asyncio.create_task(asyncio.sleep(1)); await asyncio.sleep(0); t.cancel(); log("cancelled wait", t.uncancel(), t.cancelling())
    try: await t
    except asyncio.CancelledError: log("a cancel that is under way is delivered all the same")
asyncio.run(main())
