import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S84: the first exception in time, not in order; the same turn: the first child
async def w(n, d): await asyncio.sleep(d); log("fails", n); raise ValueError(n)
async def quick(n): log("fails", n); raise KeyError(n)
async def main():
    try: await asyncio.gather(w("a", 3), w("b", 1), w("c", 2))
    except ValueError as e: log("raised", repr(e))
    await asyncio.sleep(5)
    try: await asyncio.gather(quick("x"), quick("y"))
    except KeyError as e: log("raised", repr(e))
    g = asyncio.gather(w("late", 1), quick("z")); await asyncio.sleep(3)
    try: await g
    except KeyError as e: log("raised", repr(e))
    log("end")
asyncio.run(main())
