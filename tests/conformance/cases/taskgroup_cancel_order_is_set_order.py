import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S112: all siblings are cancelled, in an order that is CPython's business (a set); all before any of them runs again
async def c(i, out):
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: out.append(i); raise
async def main():
    for _ in range(30):
        out = []
        try:
            async with asyncio.TaskGroup() as tg:
                for i in range(8): tg.create_task(c(i, out))
                await asyncio.sleep(0); raise KeyError
        except* KeyError: pass
        assert sorted(out) == list(range(8))
    log("always all 8 cancelled")
asyncio.run(main())
