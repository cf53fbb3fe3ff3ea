import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# real clock
# S13: time() reads the clock at each call, also within one callback
import time
async def main():
    loop = asyncio.get_running_loop(); t = loop.time(); time.sleep(.002); log("time moved inside one step", loop.time() - t >= .002)
asyncio.run(main())
