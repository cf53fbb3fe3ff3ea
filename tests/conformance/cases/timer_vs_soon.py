import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S9: call_later(0) and negative delays go through the heap: after what is ready, before what that makes ready
async def main():
    loop = asyncio.get_running_loop()
    def soon(): log("soon"); loop.call_soon(log, "made ready by soon")
    loop.call_later(0, log, "later 0"); loop.call_later(-5, log, "later -5"); loop.call_soon(soon); loop.call_soon(log, "soon 2")
    await asyncio.sleep(0); log("main after one turn"); await asyncio.sleep(0); await asyncio.sleep(0)
asyncio.run(main())
