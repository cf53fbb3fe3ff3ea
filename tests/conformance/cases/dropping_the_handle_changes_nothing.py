import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S55: a task that something can wake goes on without a handle
async def bg(n, e):
    log("start", n); await asyncio.sleep(1); log("slept", n); await e.wait(); log("end", n)
async def main():
    e = asyncio.Event(); asyncio.create_task(bg(1, e)); asyncio.create_task(bg(2, e)); await asyncio.sleep(2); e.set(); log("set"); await asyncio.sleep(0); log("main ends")
asyncio.run(main())
