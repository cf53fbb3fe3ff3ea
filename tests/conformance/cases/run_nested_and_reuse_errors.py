import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S18, S19, S160: no run inside of a run, nothing after close(), and a loop that is stopped too early
async def main():
    try: asyncio.run(asyncio.sleep(0))
    except RuntimeError as e: log(e)
    try: asyncio.get_running_loop().run_until_complete(asyncio.sleep(0))
    except RuntimeError as e: log(e)
    try: asyncio.get_running_loop().close()
    except RuntimeError as e: log(e)
import warnings; warnings.simplefilter("ignore")
asyncio.run(main())
try: asyncio.get_running_loop()
except RuntimeError as e: log(e)
loop = asyncio.new_event_loop(); loop.close(); loop.close()
try: loop.call_soon(print)
except RuntimeError as e: log(e)
c = asyncio.sleep(0)
try: loop.run_until_complete(c)
except RuntimeError as e: log(e)
loop = asyncio.new_event_loop(); f = loop.create_future(); loop.call_soon(loop.stop)
try: loop.run_until_complete(f)
except RuntimeError as e: log(e)
loop.close()
