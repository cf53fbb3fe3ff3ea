import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S185-S187, S189: in debug mode slow steps are told, calls from other threads refused
import logging
class H(logging.Handler):
    def emit(s, r):
        m = r.getMessage()
        if "Executing" in m: log("LOG", r.levelname, m.split(" ")[0], "Task" if "Task" in m else "Handle", m[m.index("took"):])
logging.getLogger("asyncio").addHandler(H()); logging.getLogger("asyncio").propagate = False
def takes(seconds): asyncio.get_running_loop().now += seconds  # Of the virtual clock.
async def co(): pass
def refused(loop, call):
    try: call()
    except RuntimeError as e: log(e)
def elsewhere(loop):
    refused(loop, lambda: loop.call_soon(print)); refused(loop, lambda: loop.call_later(1, print)); refused(loop, lambda: loop.call_at(1, print))
    loop.call_soon_threadsafe(log, "call_soon_threadsafe is for this")
async def main():
    loop = asyncio.get_running_loop(); log("debug", loop.get_debug(), loop.slow_callback_duration)
    loop.set_exception_handler(lambda l, c: log("NEVER: no error"))
    loop.call_soon(takes, .12); loop.call_soon(takes, .09); await asyncio.sleep(0); await asyncio.sleep(0)
    takes(.25); await asyncio.sleep(0)
    loop.slow_callback_duration = .05; loop.call_soon(takes, .0625); await asyncio.sleep(0)
    await asyncio.to_thread(elsewhere, loop)
    try: c = co(); loop.call_soon(co)
    except TypeError as e: log(e)
    await c
    loop.set_debug(False); takes(1); await asyncio.sleep(0); loop.call_soon(takes, 1); await asyncio.sleep(0); log("silent again", loop.get_debug())
asyncio.run(main(), debug=True)
