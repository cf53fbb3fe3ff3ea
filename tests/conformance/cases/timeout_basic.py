import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

async def main():
    try:
        async with asyncio.timeout(.001) as cm:
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: log("body sees CancelledError; expired", cm.expired(), "cancelling", asyncio.current_task().cancelling()); raise
    except TimeoutError as e: log("TimeoutError", "cancelling", asyncio.current_task().cancelling(), cm.expired())
    try:
        async with asyncio.timeout(.001):
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: log("suppressed in body")
        log("no TimeoutError when body suppresses; cancelling", asyncio.current_task().cancelling())
    except TimeoutError: log("TimeoutError")
    async with asyncio.timeout(-1) as cm: log("past deadline: body runs until first yield")
    log("expired", cm.expired())
    try:
        async with asyncio.timeout(-1) as cm: await asyncio.sleep(0); log("NEVER")
    except TimeoutError: log("TimeoutError at first yield")
    async with asyncio.timeout(None) as cm: await asyncio.sleep(0)
    log("None never fires", cm.expired(), cm.when())
asyncio.run(main())
