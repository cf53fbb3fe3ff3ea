import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S64, S66: the awaited task ends and the awaiter is cancelled, in both orders of one turn
async def child(e): await e.wait(); return "value"
async def outer(c):
    try: log("outer got", await c)
    except asyncio.CancelledError: log("outer cancelled"); raise
async def main():
    loop = asyncio.get_running_loop()
    for order in ("set, cancel", "cancel, set", "set, a turn, cancel", "set, two turns, cancel"):
        e = asyncio.Event(); c = asyncio.create_task(child(e)); o = asyncio.create_task(outer(c)); await asyncio.sleep(0); await asyncio.sleep(0)
        for step in order.split(", "):
            if step == "set": e.set()
            elif step == "cancel": log(order, "->", o.cancel())
            else:
                for _ in range(2 if step == "two turns" else 1): await asyncio.sleep(0)
        try: await o
        except asyncio.CancelledError: pass
        try: await c
        except asyncio.CancelledError: pass
        log("child cancelled", c.cancelled(), "outer cancelled", o.cancelled(), c.cancelling(), o.cancelling())
asyncio.run(main())
