import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S39: a coroutine does nothing until it is awaited or made a task
async def c(n): log("runs", n); return n
async def main():
    a, b = c("a"), c("b"); log("made"); await asyncio.sleep(0); log("still nothing"); log(await b); t = asyncio.create_task(a); log("task made"); log(await t)
asyncio.run(main())
