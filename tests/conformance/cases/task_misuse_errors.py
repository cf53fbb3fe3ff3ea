import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S25, S35, S49: wrong uses, and what they throw
async def main():
    loop = asyncio.get_running_loop()
    async def selfish(): await asyncio.current_task()
    try: await asyncio.create_task(selfish())
    except RuntimeError as e: log("Task cannot await on itself" in str(e))
    other = asyncio.new_event_loop(); f = other.create_future()
    async def foreign(): await f
    try: await asyncio.create_task(foreign())
    except RuntimeError as e: log("attached to a different loop" in str(e))
    async def stubborn():
        try: await f
        except RuntimeError: log("survives"); return "value"
    log(await asyncio.create_task(stubborn()))
    other.close()
    t = asyncio.create_task(asyncio.sleep(0))
    for x in (t, loop.create_future()):
        for m in ("result", "exception"):
            try: getattr(x, m)()
            except asyncio.InvalidStateError as e: log("InvalidStateError", e)
    await t
    f = loop.create_future(); f.set_result(1)
    for m, a in (("set_result", 2), ("set_exception", ValueError())):
        try: getattr(f, m)(a)
        except asyncio.InvalidStateError as e: log("InvalidStateError")
    log(f.result(), f.exception())
    f = loop.create_future(); log(f.cancel("why"), f.cancelled(), f.cancel())
    for m in ("result", "exception"):
        try: getattr(f, m)()
        except asyncio.CancelledError as e: log("CancelledError", e.args)
    try: f.set_result(2)
    except asyncio.InvalidStateError as e: log("InvalidStateError")
    log(t.get_name() != "", asyncio.current_task().get_name().startswith("Task-"))
asyncio.run(main())
