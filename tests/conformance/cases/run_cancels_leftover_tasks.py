import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S160, S161, S164: main returns, what is left is cancelled at once (in set order: nothing here shows it) and waited for, then the
# loop is closed; timers are dropped
async def bg(n):
    try: await asyncio.sleep(100)
    except asyncio.CancelledError: await asyncio.sleep(2); log("cleaned", n); raise
async def stubborn():
    try: await asyncio.sleep(100)
    except asyncio.CancelledError: pass
    await asyncio.sleep(3); log("stubborn returns"); return "value"
async def bad():
    try: await asyncio.sleep(100)
    finally: raise ValueError("in shutdown")
async def late(): log("starts in the last turn")
kept = []
async def main():
    loop = asyncio.get_running_loop(); loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"], repr(c.get("exception"))))
    kept.append(asyncio.create_task(bg(1))); await asyncio.sleep(0); kept.append(asyncio.create_task(stubborn())); await asyncio.sleep(0); kept.append(asyncio.create_task(bad())); await asyncio.sleep(0)
    kept.append(asyncio.create_task(late())); loop.call_later(1, log, "a timer during the shutdown"); loop.call_later(100, log, "NEVER"); loop.call_soon(log, "callback of the last turn"); log("main returns"); return "result"
log("run ->", asyncio.run(main())); log([t.cancelled() for t in kept])
