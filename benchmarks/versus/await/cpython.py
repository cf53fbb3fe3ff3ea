import versus


async def child(value):
    return value + 1


async def problem(given):
    value = 0
    watch = versus.Stopwatch()
    for _ in range(given.size):
        value = await child(value)
    watch.stop()
    versus.report(watch, given.size, value == given.size)


versus.run(problem)
