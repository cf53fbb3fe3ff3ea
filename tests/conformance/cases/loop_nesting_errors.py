import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S18, S19: no loop inside of a loop, no close() of a running one, nothing after close()
async def nothing(): pass
async def main():
    loop = asyncio.get_running_loop()
    for f in (lambda: loop.run_until_complete(me), loop.close):
        try: f()
        except RuntimeError as e: log(e)
    other = asyncio.new_event_loop(); t = other.create_task(nothing())
    try: other.run_until_complete(t)
    except RuntimeError as e: log(e)
    t.cancel(); other.close(); log("closed", other.is_closed(), loop.is_closed(), loop.is_running())
loop = asyncio.new_event_loop(); me = loop.create_task(main()); loop.run_until_complete(me); log("running", loop.is_running())
try: asyncio.get_running_loop()
except RuntimeError as e: log(e)
loop.close(); loop.close()
for f in (lambda: loop.call_soon(print), lambda: loop.call_later(1, print), lambda: loop.call_at(1, print), lambda: loop.call_soon_threadsafe(print), lambda: loop.run_until_complete(me)):
    try: f()
    except RuntimeError as e: log(e)
