import asyncio

import versus


async def once(value):
    return value + 1


given = versus.parse()
value = 0
watch = versus.Stopwatch()
for _ in range(given.size):
    value = asyncio.run(once(value))
watch.stop()
versus.report(watch, given.size, value == given.size)
