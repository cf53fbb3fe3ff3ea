import asyncio
import threading

import versus


async def problem(given):
    loop = asyncio.get_running_loop()
    all_done = asyncio.Event()
    finished = 0

    def receive():
        nonlocal finished
        finished += 1
        if finished == given.size:
            all_done.set()

    def post():
        for _ in range(given.size):
            loop.call_soon_threadsafe(receive)

    outside = threading.Thread(target=post)
    watch = versus.Stopwatch()
    outside.start()
    await all_done.wait()
    watch.stop()
    outside.join()
    versus.report(watch, given.size, finished == given.size)


versus.run(problem)
