import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S26: what a done-callback throws goes to the exception handler; the others still run, and the future keeps its result
async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"][:21], repr(c["exception"])))
    def bad(fut): raise ValueError("bad")
    f = loop.create_future(); f.add_done_callback(bad); f.add_done_callback(lambda _: log("good"))
    f.set_result("r"); await asyncio.sleep(0); log(f.result())
    async def c(): return "task"
    t = asyncio.create_task(c()); t.add_done_callback(bad); t.add_done_callback(lambda _: log("good")); log(await t)
asyncio.run(main())
