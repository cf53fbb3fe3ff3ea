import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S33, S71, S74: the message travels to the awaiter; of two the first wins if the task waits, the last if it is runnable
async def w(aw):
    try: await aw
    except asyncio.CancelledError as e: log("body", e.args); raise
async def report(t):
    try: await t
    except asyncio.CancelledError as e: log("task", e.args)
async def quick(): pass
async def main():
    t = asyncio.create_task(w(asyncio.sleep(10))); await asyncio.sleep(0); t.cancel("first"); t.cancel("second"); await report(t)
    t = asyncio.create_task(w(asyncio.sleep(0))); await asyncio.sleep(0); t.cancel("first"); t.cancel("second"); await report(t)
    t = asyncio.create_task(w(asyncio.sleep(10))); await asyncio.sleep(0); t.cancel(); await report(t)
    t = asyncio.create_task(w(asyncio.sleep(10))); await asyncio.sleep(0); t.cancel(); t.cancel("later"); await report(t)
    t = asyncio.create_task(quick()); t.cancel("before start"); t.cancel("before start, second"); await report(t)
    i = asyncio.create_task(w(asyncio.sleep(10))); o = asyncio.create_task(w(i)); await asyncio.sleep(0); await asyncio.sleep(0); o.cancel("outer"); await report(o)
    i = asyncio.create_task(w(asyncio.sleep(10))); o = asyncio.create_task(w(i)); await asyncio.sleep(0); await asyncio.sleep(0); i.cancel("inner"); await report(o)
asyncio.run(main())
