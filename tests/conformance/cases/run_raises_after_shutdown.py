import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S165: if main raises, or is cancelled, the shutdown still runs
async def bg():
    try: await asyncio.sleep(100)
    finally: log("bg ends")
async def main(how):
    t = asyncio.create_task(bg()); await asyncio.sleep(0); log(how)
    if how == "raise": raise ValueError("main")
    asyncio.current_task().cancel(); await asyncio.sleep(0)
try: asyncio.run(main("raise"))
except ValueError as e: log("run raised", repr(e))
try: asyncio.run(main("cancel"))
except asyncio.CancelledError: log("run raised CancelledError")
