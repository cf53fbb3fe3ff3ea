import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S45: a cancelled sleep takes its timer with it
async def s(d):
    try: await asyncio.sleep(d); log("slept")
    except asyncio.CancelledError: log("cancelled"); raise
async def main():
    loop = asyncio.get_running_loop(); t0 = loop.time(); t = asyncio.create_task(s(100)); await asyncio.sleep(1); t.cancel()
    try: await t
    except asyncio.CancelledError: log("t cancelled at", round(loop.time() - t0))
    await s(200); log("at", round(loop.time() - t0))
asyncio.run(main())
