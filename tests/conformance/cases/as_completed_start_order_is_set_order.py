import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S105: coroutines start when it is called, all of them (asyncio: in the order of a set, which no test should rely on); gather's in order
async def c(i, out): out.append(i)
async def main():
    out = []; it = asyncio.as_completed([c(i, out) for i in range(8)]); log("started inside", out); await asyncio.sleep(0); log("all started", sorted(out))
    log("as many as there are", len([await f for f in it]))
    out = []; g = asyncio.gather(*(c(i, out) for i in range(8))); log("started inside", out); await asyncio.sleep(0); log(out); await g
asyncio.run(main())
