import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S20: an exception in a callback goes to the exception handler; the others of the turn still run
def bad(): raise ValueError("bad")
def on_error(l, c): log("HANDLER", c["message"][:21], repr(c["exception"]))
async def main():
    loop = asyncio.get_running_loop(); loop.set_exception_handler(on_error)
    loop.call_soon(log, "before"); loop.call_soon(bad); loop.call_soon(log, "after"); loop.call_later(1, bad); loop.call_later(1.5, log, "timer after")
    await asyncio.sleep(2); log("end")
asyncio.run(main())
