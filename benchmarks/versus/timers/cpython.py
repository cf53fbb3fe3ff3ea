import asyncio

import versus


async def problem(given):
    loop = asyncio.get_running_loop()
    delays = versus.delays_ms()
    fired = 0

    def fire():
        nonlocal fired
        fired += 1

    handles = [loop.call_later(next(delays) / 1000, fire) for _ in range(versus.TIMERS_ARMED)]
    watch = versus.Stopwatch()
    for index in range(given.size):
        at = index % versus.TIMERS_ARMED
        handles[at].cancel()
        handles[at] = loop.call_later(next(delays) / 1000, fire)
        if at == 0:
            await asyncio.sleep(0)  # A loop drops cancelled timers in its turns.
    watch.stop()
    for handle in handles:
        handle.cancel()
    versus.report(watch, given.size, fired == 0)


versus.run(problem)
