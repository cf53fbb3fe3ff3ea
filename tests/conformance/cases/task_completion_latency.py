import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S43: turns between a child's return, its done-callback and its parent's resumption; and what else costs how many
async def main():
    loop = asyncio.get_running_loop(); n = 0; stop = False
    def tick():
        nonlocal n
        n += 1
        if not stop: loop.call_soon(tick)
    tick()
    async def child(): log("child at", n); return 1
    t = asyncio.create_task(child()); t.add_done_callback(lambda _: log("done-cb at", n))
    await t; log("parent resumed at", n)
    a = n; await child(); log("direct await costs", n - a)
    a = n; await asyncio.create_task(child()); log("task await costs", n - a)
    a = n; await asyncio.gather(child(), child()); log("gather costs", n - a)
    a = n; await asyncio.wait([asyncio.create_task(child())]); log("wait costs", n - a)
    a = n; await asyncio.wait_for(child(), 10); log("wait_for(coro) costs", n - a)
    a = n; await asyncio.wait_for(asyncio.create_task(child()), 10); log("wait_for(task) costs", n - a)
    a = n; await asyncio.shield(child()); log("shield costs", n - a)
    a = n
    async with asyncio.timeout(10): await child()
    log("timeout costs", n - a)
    a = n
    for c in asyncio.as_completed([child()]): await c
    log("as_completed costs", n - a)
    f = loop.create_future(); loop.call_soon(f.set_result, 1); a = n; await f; log("future costs", n - a)
    f = loop.create_future(); f.set_result(1); a = n; await f; log("done future costs", n - a)
    f = loop.create_future(); f.set_result(1); a = n; await asyncio.wait([f]); log("wait for a done future costs", n - a)
    f = loop.create_future(); f.set_result(1); a = n; await asyncio.gather(f); log("gather of a done future costs", n - a)
    f = loop.create_future(); f.set_result(1); a = n; await asyncio.shield(f); log("shield of a done future costs", n - a)
    f = loop.create_future(); f.set_result(1); a = n
    for c in asyncio.as_completed([f]): await c
    log("as_completed of a done future costs", n - a)
    stop = True
asyncio.run(main())
