import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S83: the children are tasks from the call on, in argument order, whether it is awaited or not
async def w(n): log("start", n); await asyncio.sleep(0); log("end", n); return n
async def main():
    loop = asyncio.get_running_loop(); g = asyncio.gather(*(w(i) for i in range(4))); log("called"); loop.call_soon(log, "callback"); await asyncio.sleep(0)
    t = asyncio.create_task(w("later")); log("before await"); log(await g); log(await t)
asyncio.run(main())
