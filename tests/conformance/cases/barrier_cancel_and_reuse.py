import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# Not from 3.13.5 on: the message of Barrier(0) says ">= 1".
# S149: a cancelled waiter leaves; a group that drains keeps the next one out; reset() throws out those who wait
async def w(b, n):
    try: i = await b.wait(); log(n, "passed", i); return i
    except asyncio.BrokenBarrierError as e: log(n, "broken", e)
    except asyncio.CancelledError: log(n, "cancelled"); raise
async def turns(n):
    for _ in range(n): await asyncio.sleep(0)
async def main():
    b = asyncio.Barrier(2); log(b.parties, b.n_waiting, b.broken); new = lambda n: asyncio.create_task(w(b, n))
    t = new("a"); await turns(1); log("waiting", b.n_waiting); t.cancel(); await turns(2); log("waiting", b.n_waiting, b.broken)
    ts = [new(n) for n in "bcdef"]; await turns(8); log([t.done() for t in ts], "waiting", b.n_waiting)
    await b.reset(); log("reset; waiting", b.n_waiting, "broken", b.broken); x = new("x"); await turns(6); log("waiting", b.n_waiting, b.broken); y = new("y"); await x; await y
    t = new("g"); await turns(1); await b.abort(); log("aborted", b.broken, b.n_waiting); u = new("h"); await turns(4); log(t.done(), u.done()); await b.reset(); log("broken", b.broken); i, j = new("i"), new("j"); await i; await j
    b = asyncio.Barrier(3); ts = [new(n) for n in "klm"]; await turns(1); ts[0].cancel(); await turns(6); log([t.done() for t in ts], b.n_waiting, b.broken)
    try: asyncio.Barrier(0)
    except ValueError as e: log(e)
asyncio.run(main())
