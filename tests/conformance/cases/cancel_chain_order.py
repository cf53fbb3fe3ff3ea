import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S64: the cancel goes down the chain of awaited tasks at once; unwinding comes back leaf first, a turn per task
async def level(n, below):
    try: await (below if below else asyncio.sleep(10))
    except asyncio.CancelledError as e: log("level", n, "unwinds", e.args); raise
    finally: log("level", n, "finally")
async def main():
    ts = [None]
    for n in range(4): ts.append(asyncio.create_task(level(n, ts[-1])))
    for _ in range(2): await asyncio.sleep(0)
    log(ts[4].cancel("m"), [t.cancelling() for t in ts[1:]])
    for turn in range(5): log("turn", turn, [t.done() for t in ts[1:]]); await asyncio.sleep(0)
    log([t.cancelled() for t in ts[1:]])
asyncio.run(main())
