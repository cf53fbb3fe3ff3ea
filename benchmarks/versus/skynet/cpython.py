import asyncio

import versus


async def skynet(first, leaves):
    if leaves == 1:
        return first
    part = leaves // versus.SKYNET_CHILDREN
    return sum(await asyncio.gather(*(skynet(first + child * part, part)
                                      for child in range(versus.SKYNET_CHILDREN))))


async def problem(given):
    correct = True
    watch = versus.Stopwatch()
    for _ in range(versus.SKYNET_ROUNDS):
        correct &= await skynet(0, given.size) == versus.skynet_sum(given.size)
    watch.stop()
    versus.report(watch, versus.skynet_nodes(given.size), correct)


versus.run(problem)
