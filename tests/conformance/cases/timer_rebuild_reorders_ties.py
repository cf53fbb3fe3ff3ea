import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S12: when more than 100 timers are scheduled and more than half of them cancelled, the heap is rebuilt, which changes the
# order of equal deadlines; with fewer it is not
async def main():
    loop = asyncio.get_running_loop()
    for total, cancelled in ((202, 101), (202, 102), (90, 60)):
        out = []; when = loop.time() + 1
        hs = [loop.call_at(when if i % 2 else when + i % 7, out.append, i) for i in range(total)]
        for h in hs[:cancelled]: h.cancel()
        await asyncio.sleep(0); await asyncio.sleep(20); log(total, cancelled, len(out), out)
asyncio.run(main())
