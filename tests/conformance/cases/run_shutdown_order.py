import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S161-S164 (the set order of tasks does not show): main, the tasks that are left, what they threw, calls in threads, the loop; each a few turns after the other
kept = []
async def bg(n):
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: log("task cancelled", n); await asyncio.sleep(0); log("task cleaned", n); raise
async def bad():
    try: await asyncio.sleep(10)
    finally: raise ValueError("in shutdown")
async def late(): log("a task of the shutdown runs"); await asyncio.sleep(10); log("NEVER")
async def spawner():
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: await asyncio.sleep(0); await asyncio.sleep(0); kept.append(asyncio.create_task(late(), name="late")); log("spawned in the shutdown")
def count(n):
    log("callback", n)
    if n < 12: asyncio.get_running_loop().call_soon(count, n + 1)
async def main():
    loop = asyncio.get_running_loop(); loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"], repr(c.get("exception"))))
    kept.append(asyncio.create_task(bg(1))); await asyncio.sleep(0); kept.append(asyncio.create_task(bad())); await asyncio.sleep(0); kept.append(asyncio.create_task(spawner())); await asyncio.sleep(0)
    loop.call_later(100, log, "NEVER"); loop.call_soon(count, 0); log("main returns"); return "result"
log("run ->", asyncio.run(main())); kept.pop()._log_destroy_pending = False; log([t.cancelled() for t in kept])
