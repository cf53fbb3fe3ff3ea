import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S153, S154, S155: putters wait FIFO; a cancelled one has not put; a wake-up that came too late goes on
async def put(q, n):
    try: await q.put(n); log("put", n)
    except asyncio.CancelledError: log("cancelled put", n); raise
async def get(q, n):
    try: log(n, "got", await q.get())
    except asyncio.CancelledError: log("cancelled get", n); raise
async def turns(n):
    for _ in range(n): await asyncio.sleep(0)
async def main():
    q = asyncio.Queue(1); ts = [asyncio.create_task(put(q, i)) for i in range(4)]; await turns(1); log("size", q.qsize(), "full", q.full())
    ts[2].cancel(); await turns(2)
    for _ in range(3): log("get", await q.get()); await turns(2)
    q = asyncio.Queue(1); q.put_nowait("x"); a, b = asyncio.create_task(put(q, "a")), asyncio.create_task(put(q, "b")); await turns(1)
    log("get", q.get_nowait()); a.cancel(); await turns(3); log("b done", b.done(), q.qsize()); log("get", q.get_nowait())
    q = asyncio.Queue(); a, b = asyncio.create_task(get(q, "a")), asyncio.create_task(get(q, "b")); await turns(1)
    q.put_nowait(1); a.cancel(); await turns(3); log("b done", b.done(), q.qsize())
    q = asyncio.Queue(); a, b = asyncio.create_task(get(q, "a")), asyncio.create_task(get(q, "b")); await turns(1)
    a.cancel(); q.put_nowait(1); await turns(3); log("b done", b.done(), q.qsize())
    q = asyncio.Queue(1); q.put_nowait("x"); a, b = asyncio.create_task(put(q, "a")), asyncio.create_task(put(q, "b")); await turns(1)
    q.get_nowait(); q.put_nowait("stolen room"); await turns(3); log(a.done(), b.done(), q.get_nowait()); await turns(2); log("get", q.get_nowait()); await turns(2); log("get", q.get_nowait())
asyncio.run(main())
