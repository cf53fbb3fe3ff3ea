import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S196: after its shutdown the executor takes no more calls; nor does a loop that is closed
async def main():
    loop = asyncio.get_running_loop(); log(await loop.run_in_executor(None, lambda: "a call")); await loop.shutdown_default_executor(); await loop.shutdown_default_executor()
    try: await loop.run_in_executor(None, log, "NEVER")
    except RuntimeError as e: log(e)
    try: await asyncio.to_thread(log, "NEVER")
    except RuntimeError as e: log(e)
    return loop
loop = asyncio.run(main())
loop = asyncio.new_event_loop(); loop.close()
try: loop.run_in_executor(None, log, "NEVER")
except RuntimeError as e: log(e)
async def never_used():
    loop = asyncio.get_running_loop(); await loop.shutdown_default_executor(5)
    try: loop.run_in_executor(None, log, "NEVER")
    except RuntimeError as e: log(e)
asyncio.run(never_used())
