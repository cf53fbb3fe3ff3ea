import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S82: locals die innermost coroutine first; the error passes each level once
class L:
    def __init__(s, n): s.n = n
    def __enter__(s): return s
    def __exit__(s, *a): log("left", s.n)
async def c():
    with L("c1"), L("c2"): await asyncio.sleep(10)
async def b():
    with L("b"):
        try: await c()
        except asyncio.CancelledError: log("b sees it"); raise
async def a():
    with L("a"): await b()
async def main():
    t = asyncio.create_task(a()); await asyncio.sleep(0); t.cancel()
    try: await t
    except asyncio.CancelledError: log("cancelled")
asyncio.run(main())
