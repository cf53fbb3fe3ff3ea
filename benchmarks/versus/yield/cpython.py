import asyncio

import versus


async def give_way(times):
    for _ in range(times):
        await asyncio.sleep(0)
    return times


async def problem(given):
    each = given.size // given.tasks
    watch = versus.Stopwatch()
    done = sum(await asyncio.gather(*(give_way(each) for _ in range(given.tasks))))
    watch.stop()
    versus.report(watch, done, done == each * given.tasks)


versus.run(problem)
