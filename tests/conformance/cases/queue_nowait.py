import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S156: what does not fit, and what is not there
async def main():
    q = asyncio.Queue(2); log(q.empty(), q.qsize())
    try: q.get_nowait()
    except asyncio.QueueEmpty: log("empty")
    q.put_nowait("a"); q.put_nowait("b"); log(q.qsize(), q.empty())
    try: q.put_nowait("c")
    except asyncio.QueueFull: log("full")
    log(q.get_nowait(), q.get_nowait(), q.empty()); q = asyncio.Queue()
    for i in range(100): q.put_nowait(i)
    log(q.qsize(), q.get_nowait(), q.get_nowait())
asyncio.run(main())
