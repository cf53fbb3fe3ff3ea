import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S110: leaving waits for all children, also those that children start meanwhile; they start in order of creation
async def main():
    async def child(tg, name, depth):
        log("start", name)
        if depth: tg.create_task(child(tg, name + "a", depth - 1)); tg.create_task(child(tg, name + "b", depth - 1))
        await asyncio.sleep(depth); log("end", name)
    async with asyncio.TaskGroup() as tg: tg.create_task(child(tg, "x", 2)); log("body ends")
    log("left")
    async def last(tg): await asyncio.sleep(1); tg.create_task(child(tg, "late", 0)); log("last ends")
    async with asyncio.TaskGroup() as tg: tg.create_task(last(tg))
    log("left")
    async with asyncio.TaskGroup() as tg:
        t = tg.create_task(child(tg, "y", 0)); t.add_done_callback(lambda t: tg.create_task(child(tg, "from callback", 0)))
        other = tg.create_task(asyncio.sleep(1))
    log("left", t.done(), other.done())
    async def value(n): return n
    async with asyncio.TaskGroup() as tg: values = [tg.create_task(value(n)) for n in range(3)]
    log([t.result() for t in values])
    async with asyncio.TaskGroup() as tg: t = tg.create_task(value(1), name="Anna"); log(t.get_name())
    log(t.get_name())
asyncio.run(main())
