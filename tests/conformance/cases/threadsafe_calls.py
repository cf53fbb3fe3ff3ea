import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# real clock
# S5, S22: call_soon_threadsafe wakes a loop that sleeps without a timer; FIFO among themselves; run_forever does not return by itself
import threading
loop = asyncio.new_event_loop()
def work():
    for i in range(5): loop.call_soon_threadsafe(log, "from thread", i)
    loop.call_soon_threadsafe(loop.stop)
th = threading.Thread(target=work); loop.call_soon(th.start); loop.run_forever(); th.join(); log("stopped")
async def main():
    e = asyncio.Event(); th = threading.Thread(target=lambda: loop.call_soon_threadsafe(e.set)); th.start(); await e.wait(); th.join(); log("event set from a thread")
loop.run_until_complete(main())
loop.call_soon(log, "soon 1"); loop.call_soon_threadsafe(log, "threadsafe 2"); loop.call_soon(log, "soon 3"); loop.call_soon(loop.stop); loop.run_forever(); loop.close()
try: loop.call_soon_threadsafe(print)
except RuntimeError as e: log(e)
