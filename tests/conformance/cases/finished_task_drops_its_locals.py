import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S57: the locals of a task die when it ends, not when its handle does; those of an awaited coroutine when it returns
class L:
    def __init__(s, n): s.n = n
    def __del__(s): log("destroyed", s.n)
async def inner(): l = L("inner local"); await asyncio.sleep(0); log("inner ends"); return 1
async def outer(a): l = L("outer local"); await inner(); log("outer ends")
async def main():
    t = asyncio.create_task(outer(1)); await asyncio.sleep(0); await asyncio.sleep(0); log("handle alive, done", t.done()); await t; log("end")
asyncio.run(main())
