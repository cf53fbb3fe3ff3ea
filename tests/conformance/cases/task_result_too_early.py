import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S25: result() and exception() of a task that is not done
async def c(): await asyncio.sleep(0)
async def main():
    t = asyncio.create_task(c())
    try: t.result()
    except asyncio.InvalidStateError as e: log(e)
    try: t.exception()
    except asyncio.InvalidStateError as e: log(e)
    t.cancel(); log("cancelled", t.cancelled())
    try: t.result()
    except asyncio.InvalidStateError as e: log(e)
    try: await t
    except asyncio.CancelledError: log("cancelled", t.cancelled())
    try: t.result()
    except asyncio.CancelledError: log("result() of a cancelled task raises CancelledError")
asyncio.run(main())
