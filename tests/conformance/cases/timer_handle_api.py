import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S10-S12: when(), cancel() and cancelled() of a timer
async def main():
    loop = asyncio.get_running_loop(); h = loop.call_later(10, log, "NEVER"); log(round(h.when() - loop.time()), h.cancelled()); h.cancel(); h.cancel(); log(h.cancelled(), round(h.when() - loop.time()))
    h = loop.call_at(loop.time() + 2, log, "fired"); log(h.cancelled()); await asyncio.sleep(3); log(h.cancelled(), round(h.when() - loop.time())); h.cancel(); log(h.cancelled())
    h = loop.call_soon(log, "NEVER"); h.cancel(); await asyncio.sleep(0); log(h.cancelled())
    a = loop.call_later(1, log, "a"); b = loop.call_later(1, log, "NEVER b"); loop.call_at(a.when(), b.cancel); await asyncio.sleep(2); log("end", b.cancelled())
asyncio.run(main())
