import asyncio

import versus


async def problem(given):
    gate = asyncio.Event()
    finished = 0

    async def wait_at():
        nonlocal finished
        await gate.wait()
        finished += 1

    before = versus.resident_bytes()
    watch = versus.Stopwatch()
    tasks = [asyncio.create_task(wait_at()) for _ in range(given.size)]
    await asyncio.sleep(0)
    held = versus.resident_bytes() - before
    gate.set()
    for task in tasks:
        await task
    watch.stop()
    versus.report(watch, given.size, finished == given.size, held / given.size)


versus.run(problem)
