import asyncio

def log(*a, **k): print(*a, **k, flush=True)

# Free of order: whoever runs first, the totals and the times are the same
def now(): return round(asyncio.get_running_loop().time())

class Total:
    def __init__(self): self.lock = asyncio.Lock(); self.sum = 0
    async def add(self, n):
        async with self.lock:
            before = self.sum
            await asyncio.sleep(0)
            self.sum = before + n

async def work(q, total):
    while True:
        n = await q.get()
        await asyncio.sleep(n % 3)
        await total.add(n * n)
        q.task_done()

async def ended_cancelled(t):
    try: await t
    except asyncio.CancelledError: return True
    return False

async def pipeline():
    q = asyncio.Queue(2); total = Total()
    ws = [asyncio.create_task(work(q, total)) for _ in range(3)]
    for n in range(30): await q.put(n)
    await q.join()
    for w in ws: w.cancel()
    for w in ws: log("worker ended cancelled", await ended_cancelled(w))
    log("sum of squares", total.sum, "left", q.qsize())

async def use(s, total):
    async with s:
        await asyncio.sleep(1)
        await total.add(1)

async def permits():
    begin = now(); s = asyncio.Semaphore(2); total = Total()
    await asyncio.gather(*[use(s, total) for _ in range(6)])
    log("6 users of 2 permits took", now() - begin, "counted", total.sum)

async def sleeper(total):
    try: await asyncio.sleep(10)
    except asyncio.CancelledError:
        await total.add(1)
        raise

async def fails(after):
    await asyncio.sleep(after)
    raise ValueError("failed")

async def group():
    begin = now(); cancelled = Total()
    try:
        async with asyncio.TaskGroup() as tg:
            for _ in range(5): tg.create_task(sleeper(cancelled))
            tg.create_task(fails(1))
    except* ValueError as eg:
        log("group", repr(eg.exceptions[0]), len(eg.exceptions))
    log("at", now() - begin, "cancelled", cancelled.sum)

async def nap(d):
    await asyncio.sleep(d)
    return "slept"

async def within(limit, d):
    try: return await asyncio.wait_for(nap(d), limit)
    except TimeoutError: return "TimeoutError"

async def deadlines():
    log(await asyncio.gather(*[within(2.5, d) for d in range(5)]))

async def wait_and_add(e, total):
    await e.wait()
    await total.add(1)

async def event():
    e = asyncio.Event(); total = Total()
    ts = [asyncio.create_task(wait_and_add(e, total)) for _ in range(5)]
    await asyncio.sleep(1)
    log("before", total.sum)
    e.set()
    for t in ts: await t
    log("after", total.sum)

async def body():
    await pipeline()
    await permits()
    await group()
    await deadlines()
    await event()

asyncio.run(body())
