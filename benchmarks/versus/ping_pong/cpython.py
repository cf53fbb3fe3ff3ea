import asyncio

import versus


async def answer(ping, pong, rounds):
    for _ in range(rounds):
        await ping.wait()
        ping.clear()
        pong.set()
    return rounds


async def problem(given):
    rounds = given.size // 2
    ping, pong = asyncio.Event(), asyncio.Event()
    watch = versus.Stopwatch()
    partner = asyncio.create_task(answer(ping, pong, rounds))
    for _ in range(rounds):
        ping.set()
        await pong.wait()
        pong.clear()
    answered = await partner
    watch.stop()
    versus.report(watch, rounds * 2, answered == rounds)


versus.run(problem)
