import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S127, S128: another error of the body propagates; a cancel by somebody else stays a cancel
async def main():
    me = asyncio.current_task(); loop = asyncio.get_running_loop()
    async def converts():
        try: await asyncio.sleep(10)
        except asyncio.CancelledError: log("body", me.cancelling()); raise ValueError("foreign")
    try:
        async with asyncio.timeout(1): await converts()
    except ValueError as e: log("raised", repr(e), "cancelling", me.cancelling())
    async def victim():
        try:
            async with asyncio.timeout(5): await asyncio.sleep(10)
        except TimeoutError: log("NEVER")
        except asyncio.CancelledError: log("CancelledError; cancelling", asyncio.current_task().cancelling()); raise
    t = asyncio.create_task(victim()); await asyncio.sleep(1); t.cancel()
    try: await t
    except asyncio.CancelledError: log("victim cancelled", t.cancelled())
    async def both():
        t = asyncio.current_task()
        async def body():
            try: await asyncio.sleep(10)
            except asyncio.CancelledError: log("expired; cancelling", t.cancelling()); t.cancel(); log("and cancelled by itself", t.cancelling()); raise
        try:
            async with asyncio.timeout(1): await body()
        except TimeoutError: log("NEVER")
        except asyncio.CancelledError: log("CancelledError; cancelling", t.cancelling()); raise
    t = asyncio.create_task(both())
    try: await t
    except asyncio.CancelledError: log("both: cancelled", t.cancelled())
    async def caught_before():
        t = asyncio.current_task(); t.cancel()
        try: await asyncio.sleep(0)
        except asyncio.CancelledError: log("earlier cancel, not taken back", t.cancelling())
        try:
            async with asyncio.timeout(1): await asyncio.sleep(10)
        except TimeoutError: log("TimeoutError nevertheless; cancelling", t.cancelling())
    await asyncio.create_task(caught_before())
asyncio.run(main())
