import asyncio

import versus


async def produce(channel, messages):
    for index in range(1, messages + 1):
        await channel.put(index)


async def problem(given):
    each = given.size // given.tasks
    channel = asyncio.Queue(given.capacity)
    total = 0
    watch = versus.Stopwatch()
    producers = [asyncio.create_task(produce(channel, each)) for _ in range(given.tasks)]
    for _ in range(each * given.tasks):
        total += await channel.get()
    watch.stop()
    await asyncio.gather(*producers)
    versus.report(watch, each * given.tasks, total == given.tasks * (each * (each + 1) // 2))


versus.run(problem)
