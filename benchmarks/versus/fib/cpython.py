import asyncio

import versus


async def fib(n):
    if n < 2:
        return n
    first = asyncio.create_task(fib(n - 1))
    second = await fib(n - 2)
    return await first + second


async def problem(given):
    watch = versus.Stopwatch()
    result = await fib(given.size)
    watch.stop()
    versus.report(watch, versus.fib_nodes(given.size), result == versus.fib_number(given.size))


versus.run(problem)
