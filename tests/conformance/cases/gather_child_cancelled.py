import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S86: a child cancelled by others: CancelledError in the awaiter, which is not itself cancelled; the siblings go on
async def w(n, d):
    try: await asyncio.sleep(d); log("done", n); return n
    except asyncio.CancelledError: log("cancelled", n); raise
tasks = {}
async def named(n, d): tasks[n] = asyncio.current_task(); return await w(n, d)
async def main():
    loop = asyncio.get_running_loop(); loop.call_later(1, lambda: log("cancel b", tasks["b"].cancel()))
    try: log("NEVER", await asyncio.gather(named("a", 3), named("b", 10), named("c", 2)))
    except asyncio.CancelledError: log("gather raised CancelledError; cancelling", asyncio.current_task().cancelling())
    await asyncio.sleep(5); log("end", tasks["a"].cancelled(), tasks["b"].cancelled())
asyncio.run(main())
