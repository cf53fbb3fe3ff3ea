import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S159: puts raise at once, gets drain first; those who wait wake up and raise
async def get(q, n):
    try: log(n, "got", await q.get())
    except asyncio.QueueShutDown: log(n, "get: QueueShutDown")
async def put(q, n):
    try: await q.put(n); log(n, "put")
    except asyncio.QueueShutDown: log(n, "put: QueueShutDown")
async def turns(n):
    for _ in range(n): await asyncio.sleep(0)
async def main():
    for immediate in (False, True):
        log("immediate", immediate); q = asyncio.Queue(1); gs = [asyncio.create_task(get(q, i)) for i in range(2)]; await turns(1); q.shutdown(immediate); log("shut down"); await turns(2); log([t.done() for t in gs])
        q = asyncio.Queue(1); q.put_nowait("item"); ps = [asyncio.create_task(put(q, i)) for i in range(2)]; await turns(1); q.shutdown(immediate); await turns(2); log([t.done() for t in ps], "size", q.qsize())
        try: q.put_nowait("x")
        except asyncio.QueueShutDown: log("put_nowait: QueueShutDown")
        for _ in range(2):
            try: log("get_nowait", q.get_nowait())
            except asyncio.QueueShutDown: log("get_nowait: QueueShutDown")
        await get(q, "late"); await put(q, "late"); q = asyncio.Queue(); g = asyncio.create_task(get(q, "woken")); await turns(1); q.put_nowait("last"); q.shutdown(immediate); await g
asyncio.run(main())
