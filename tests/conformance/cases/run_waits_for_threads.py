import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# real clock
# S161: the end of run() waits for calls that still run in threads
import time
async def call(): await asyncio.to_thread(lambda: (time.sleep(.05), log("thread done")))
async def main():
    t = asyncio.create_task(call()); await asyncio.sleep(.01); log("main returns")
asyncio.run(main()); log("run returned")
