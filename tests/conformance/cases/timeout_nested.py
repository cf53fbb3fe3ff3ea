import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S129: the inner one converts only its own; one that expires outside passes through the inner one
async def main():
    me = asyncio.current_task(); loop = asyncio.get_running_loop()
    async def inner(d, body):
        try:
            async with asyncio.timeout(d): await asyncio.sleep(body); log("body done")
        except TimeoutError: log("inner TimeoutError; cancelling", me.cancelling())
        except asyncio.CancelledError: log("inner sees CancelledError; cancelling", me.cancelling()); raise
        await asyncio.sleep(1); log("after inner")
    for outer, d, body in ((10, 2, 5), (2, 10, 5), (10, 10, 5), (2.5, 2, 5), (4, 1, 0.5)):
        log("outer", outer, "inner", d, "body", body); t = loop.time()
        try:
            async with asyncio.timeout(outer): await inner(d, body)
        except TimeoutError: log("outer TimeoutError; cancelling", me.cancelling())
        log("took", round((loop.time() - t) * 10))
asyncio.run(main())
