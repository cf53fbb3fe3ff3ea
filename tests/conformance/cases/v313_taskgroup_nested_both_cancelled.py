import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S117: nested groups of which both are cancelled by a failure; the outer one's request is kept for the outer one
async def bad(d, text): await asyncio.sleep(d); raise ValueError(text)
async def cleanup(d, text):
    try: await asyncio.sleep(100)
    finally:
        await asyncio.sleep(d)
        if text: raise KeyError(text)
async def main():
    me = asyncio.current_task()
    async def nested(outer_fails, inner_fails, inner_cleanup, body):
        log("outer", outer_fails, "inner", inner_fails, "cleanup", inner_cleanup, "body", body)
        try:
            async with asyncio.TaskGroup() as outer:
                if outer_fails: outer.create_task(bad(outer_fails, "outer"))
                try:
                    async with asyncio.TaskGroup() as inner:
                        if inner_fails: inner.create_task(bad(inner_fails, "inner"))
                        if inner_cleanup: inner.create_task(cleanup(inner_cleanup, "inner cleanup"))
                        if body: await asyncio.sleep(100)
                except ExceptionGroup as eg:
                    log("inner", repr(eg), me.cancelling())
                    try: await asyncio.sleep(10); log("between: not cancelled")
                    except asyncio.CancelledError: log("between: cancelled"); raise
                except asyncio.CancelledError: log("inner CancelledError", me.cancelling()); raise
        except ExceptionGroup as eg: log("outer", repr(eg), me.cancelling())
        await asyncio.sleep(0); log("alive", me.cancelling())
    for body in (True, False):
        await nested(1, 1, 0, body); await nested(1, 2, 2, body); await nested(2, 1, 5, body); await nested(1, 0, 5, body); await nested(1, 0, 0, True); await nested(0, 1, 1, body)
    try:
        async with asyncio.TaskGroup() as outer:
            async with asyncio.TaskGroup() as inner:
                inner.create_task(bad(1, "inner")); outer.create_task(bad(1, "outer")); outer.create_task(bad(3, "late"))
    except ExceptionGroup as eg: log(repr(eg), me.cancelling())
asyncio.run(main())
