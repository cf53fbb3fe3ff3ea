import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S158: the smallest first, equal ones in heapq's order; the last first; who waits is served in order of arrival
class Item:
    def __init__(s, key, name): s.key = key; s.name = name
    def __lt__(s, other): return s.key < other.key
async def get(q, n): item = await q.get(); log(n, "got", item.name)
async def main():
    q = asyncio.PriorityQueue()
    for i, key in enumerate([3, 1, 2, 1, 3, 1, 2, 2, 1]): q.put_nowait(Item(key, f"{key}{'abcdefghi'[i]}"))
    log("qsize", q.qsize()); log(*[q.get_nowait().name for _ in range(4)]); q.put_nowait(Item(1, "1z")); q.put_nowait(Item(0, "0y")); log(*[q.get_nowait().name for _ in range(q.qsize())])
    gs = [asyncio.create_task(get(q, i)) for i in range(2)]; await asyncio.sleep(0); q.put_nowait(Item(9, "nine")); q.put_nowait(Item(8, "eight"))
    for g in gs: await g
    q = asyncio.LifoQueue(3)
    for name in "abc": q.put_nowait(name)
    log("full", q.full())
    try: q.put_nowait("d")
    except asyncio.QueueFull: log("QueueFull")
    p = asyncio.create_task(q.put("late")); await asyncio.sleep(0); log(q.get_nowait()); await p; log(q.get_nowait(), q.get_nowait(), q.get_nowait(), q.empty(), q.maxsize)
    try: q.get_nowait()
    except asyncio.QueueEmpty: log("QueueEmpty")
asyncio.run(main())
