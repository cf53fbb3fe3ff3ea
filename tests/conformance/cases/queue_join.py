import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S157: join() waits for as many task_done() as there were put(); one too many is an error; join() of an idle queue does not yield
async def worker(q, n):
    while True:
        item = await q.get(); log("worker", n, "got", item); await asyncio.sleep(1); q.task_done()
async def joiner(q, n): await q.join(); log("joined", n)
async def main():
    q = asyncio.Queue(); t = asyncio.create_task(asyncio.sleep(0)); await q.join(); log("idle; the task has begun", t.done())
    try: q.task_done()
    except ValueError as e: log(e)
    for i in range(5): q.put_nowait(i)
    js = [asyncio.create_task(joiner(q, i)) for i in range(2)]; ws = [asyncio.create_task(worker(q, i)) for i in range(2)]
    cancelled = asyncio.create_task(joiner(q, "cancelled")); await asyncio.sleep(.5); cancelled.cancel(); await asyncio.wait([cancelled]); log("cancelled", cancelled.cancelled())
    await q.join(); log("main joined; at", asyncio.get_running_loop().time()); await asyncio.sleep(0); log([j.done() for j in js])
    q.put_nowait("again"); j = asyncio.create_task(joiner(q, "again")); await asyncio.sleep(.5); log(j.done()); await j
    for w in ws: w.cancel()
    q = asyncio.Queue(); q.put_nowait("a"); q.put_nowait("b"); q.get_nowait(); j = asyncio.create_task(joiner(q, "shut down")); await asyncio.sleep(0)
    q.shutdown(); await asyncio.sleep(0); log("shutdown leaves the joiner", j.done()); q.shutdown(immediate=True); await asyncio.sleep(0); await asyncio.sleep(0); log("one was taken before and is not done", j.done()); q.task_done(); await j
asyncio.run(main())
