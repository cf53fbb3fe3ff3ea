import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S30: all awaiters resume in the order of their awaits, with the same result or the same exception
async def value(): await asyncio.sleep(0); return "v"
async def error(): await asyncio.sleep(0); raise ValueError("e")
seen = []
async def w(n, t):
    try: log(n, "got", await t)
    except ValueError as e: seen.append(e); log(n, "raised", repr(e))
async def main():
    loop = asyncio.get_running_loop()
    for f in (value, error):
        t = asyncio.create_task(f()); ws = [asyncio.create_task(w(i, t)) for i in range(3)]; await asyncio.sleep(0); loop.call_soon(log, "a turn between")
        for x in ws: await x
    log("same object", seen[0] is seen[1] and seen[1] is seen[2])
asyncio.run(main())
