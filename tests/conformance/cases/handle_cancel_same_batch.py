import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S11: a cancelled handle is skipped, also if an earlier callback of the same turn cancels it; its function dies at once
class Held:
    def __init__(s, n): s.n = n
    def __del__(s): log("destroyed", s.n)
def use(x): log("NEVER", x.n)
async def main():
    loop = asyncio.get_running_loop(); h = []
    def first(): log("first"); h[0].cancel(); log("cancelled", h[0].cancelled()); h[0].cancel()
    loop.call_soon(first); h.append(loop.call_soon(use, Held("second"))); loop.call_soon(log, "third")
    await asyncio.sleep(0); log("turn over")
    t = loop.call_later(1, use, Held("timer")); log(t.cancelled()); t.cancel(); log(t.cancelled()); await asyncio.sleep(2); log("end")
asyncio.run(main())
