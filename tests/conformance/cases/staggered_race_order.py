import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S108: attempts begin after a delay or a failure; the first that succeeds ends the others
# Not from 3.13.1 on: the race was rewritten, and takes other turns
from asyncio.staggered import staggered_race
def attempt(name, takes, fails=False):
    async def run():
        log(asyncio.get_running_loop().time(), "begin", name)
        try: await asyncio.sleep(takes)
        except asyncio.CancelledError: log("cancelled", name); raise
        log(asyncio.get_running_loop().time(), "end", name)
        if fails: raise ValueError(name)
        return name
    return run
async def race(delay, *attempts):
    start = asyncio.get_running_loop().time()
    log("-- delay", delay)
    winner, index, errors = await staggered_race([attempt(*each) for each in attempts], delay)
    log(winner, index, [type(e).__name__ for e in errors])
async def main():
    await race(1, ("a", 5), ("b", 1), ("c", 1))
    await race(1, ("a", 5), ("b", 5, True), ("c", 1))
    await race(2, ("a", 1, True), ("b", 1, True), ("c", 1))
    await race(None, ("a", 3, True), ("b", 3), ("c", 3))
    await race(0, ("a", 0), ("b", 0))
    await race(1, ("a", 1, True), ("b", 1, True))
    await race(1, ("a", 0))
    await race(1)
    log("-- cancelled")
    t = asyncio.create_task(race(1, ("a", 9), ("b", 9))); await asyncio.sleep(1.5); t.cancel()
    try: await t
    except asyncio.CancelledError: log("race cancelled")
    await asyncio.sleep(0); log("tasks left", len(asyncio.all_tasks()))
asyncio.run(main())
