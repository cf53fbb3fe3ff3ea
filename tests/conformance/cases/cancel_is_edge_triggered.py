import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S76: once caught it is over; later awaits work, a later cancel is delivered anew
async def w():
    for i in range(3):
        try: await asyncio.sleep(10); log("slept", i)
        except asyncio.CancelledError: log("caught", i)
        await asyncio.sleep(1); log("slept between", i)
    return "value"
async def main():
    t = asyncio.create_task(w()); await asyncio.sleep(0); t.cancel(); await asyncio.sleep(5); t.cancel(); log("cancelling", t.cancelling()); log(await t, t.cancelled(), t.cancelling())
asyncio.run(main())
