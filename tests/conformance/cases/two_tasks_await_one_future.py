import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S30: all who await a future run in the turn after its end, in order, with the same result or exception; callbacks in line with them
seen = []
async def w(n, f):
    try: log(n, "got", await f)
    except ValueError as e: seen.append(e); log(n, "raised", repr(e))
    except asyncio.CancelledError as e: log(n, "cancelled", e.args)
async def main():
    loop = asyncio.get_running_loop()
    async def rounds(end):
        f = loop.create_future(); ws = [asyncio.create_task(w(i, f)) for i in range(2)]; await asyncio.sleep(0)
        f.add_done_callback(lambda _: log("callback")); ws.append(asyncio.create_task(w(2, f))); await asyncio.sleep(0)
        loop.call_soon(log, "before"); end(f); loop.call_soon(log, "after"); log("set")
        for x in ws: await x
    await rounds(lambda f: f.set_result("v")); await rounds(lambda f: f.set_exception(ValueError("e"))); log("same object", seen[0] is seen[1] and seen[1] is seen[2])
    await rounds(lambda f: f.cancel("msg"))
    f = loop.create_future(); ws = [asyncio.create_task(w(i, f)) for i in range(3)]; await asyncio.sleep(0); log("cancel one", ws[1].cancel("by one"), f.cancelled())
    for x in ws: await x
asyncio.run(main())
