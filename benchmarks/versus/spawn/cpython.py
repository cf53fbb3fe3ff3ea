import asyncio

import versus


async def problem(given):
    finished = 0
    all_done = asyncio.Event()

    async def child():
        nonlocal finished
        finished += 1
        if finished == given.size:
            all_done.set()

    tasks = set()  # asyncio itself holds tasks only weakly.
    watch = versus.Stopwatch()
    for _ in range(given.size):
        tasks.add(asyncio.create_task(child()))
    await all_done.wait()
    watch.stop()
    versus.report(watch, given.size, finished == given.size)


versus.run(problem)
