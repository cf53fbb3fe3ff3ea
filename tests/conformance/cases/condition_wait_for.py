import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S143, S145: wait_for looks again after each notification; notify(n) wakes the n oldest
async def main():
    c = asyncio.Condition(); value = 0
    async def w(n, at_least):
        async with c:
            def ready(): log(n, "looks at", value); return value >= at_least
            await c.wait_for(ready); log(n, "goes on")
    ts = [asyncio.create_task(w(n, v)) for n, v in (("a", 2), ("b", 1), ("c", 0), ("d", 3))]; await asyncio.sleep(0)
    for v in (1, 2):
        async with c: value = v; log("value", v); c.notify_all()
        for _ in range(8): await asyncio.sleep(0)
    async with c: value = 3; c.notify(5)
    for t in ts: await t
    log("end")
asyncio.run(main())
