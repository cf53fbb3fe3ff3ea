import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S75: False, the count stays
async def ok(): return 1
async def bad(): raise ValueError
async def main():
    for f in (ok, bad):
        t = asyncio.create_task(f()); await asyncio.sleep(0); log(t.done(), t.cancel(), t.cancel("m"), t.cancelling(), t.cancelled())
    t = asyncio.create_task(ok()); t.cancel(); await asyncio.sleep(0); log(t.done(), t.cancel(), t.cancelling(), t.cancelled())
asyncio.run(main())
