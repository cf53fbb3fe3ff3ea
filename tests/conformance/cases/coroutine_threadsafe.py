import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# real clock
# S198: the result goes to the thread; a time limit leaves the task alone; cancel() ends the waiting at once
import threading, concurrent.futures
async def add(a, b): await asyncio.sleep(0); return a + b
async def fails(): raise ValueError("no")
async def main():
    loop = asyncio.get_running_loop(); gate = asyncio.Event(); steps = []
    async def held():
        steps.append("begun")
        try: await gate.wait(); steps.append("passed"); return "late"
        except asyncio.CancelledError: steps.append("cancelled"); raise
    def thread():
        log(asyncio.run_coroutine_threadsafe(add(1, 2), loop).result())
        try: asyncio.run_coroutine_threadsafe(fails(), loop).result()
        except ValueError as e: log(repr(e))
        f = asyncio.run_coroutine_threadsafe(held(), loop)
        try: f.result(.05)
        except TimeoutError: log("TimeoutError; done", f.done(), steps)
        loop.call_soon_threadsafe(gate.set); log(f.result(), f.done(), f.cancel(), steps)
        steps.clear(); gate.clear(); f = asyncio.run_coroutine_threadsafe(held(), loop); asyncio.run_coroutine_threadsafe(add(1, 2), loop).result(); log("cancel", f.cancel(), f.cancelled(), f.done())
        try: f.result()
        except concurrent.futures.CancelledError: log("CancelledError")
        asyncio.run_coroutine_threadsafe(add(1, 2), loop).result(); log(steps)
        async def cancelled(): raise asyncio.CancelledError
        f = asyncio.run_coroutine_threadsafe(cancelled(), loop)
        try: f.result()
        except concurrent.futures.CancelledError: log("the task was cancelled", f.cancelled())
    t = threading.Thread(target=thread); t.start(); await asyncio.to_thread(t.join); return loop
asyncio.run(main())
loop = asyncio.new_event_loop(); loop.close(); c = add(1, 2)
try: asyncio.run_coroutine_threadsafe(c, loop)
except RuntimeError as e: log(e)
c.close()
