import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S89, S83: the same future twice runs once; an empty gather is done at once
async def c(): log("run once"); return "v"
async def main():
    f = asyncio.ensure_future(c()); r = await asyncio.gather(f, f, f); log(r)
    log(asyncio.ensure_future(f) is f)
    g = asyncio.gather(); log("done", g.done())
    log(await g)
asyncio.run(main())
