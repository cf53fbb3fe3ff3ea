import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S25, S33: pending, then finished or cancelled, once
def state(f):
    r = [f.done(), f.cancelled()]
    try: r.append(f.result())
    except asyncio.InvalidStateError as e: r.append(str(e))
    except asyncio.CancelledError as e: r.append(e.args)
    except ValueError as e: r.append(repr(e))
    log(*r)
async def main():
    loop = asyncio.get_running_loop()
    for end in (lambda f: f.set_result("v"), lambda f: f.set_exception(ValueError("e")), lambda f: f.cancel(), lambda f: f.cancel("why")):
        f = loop.create_future(); state(f); end(f); state(f); state(f)
        for again in (lambda: f.set_result("w"), lambda: f.set_exception(ValueError("f"))):
            try: again(); log("NEVER")
            except asyncio.InvalidStateError: log("InvalidStateError")
        log("cancel", f.cancel("again")); state(f)
    f = loop.create_future(); f.cancel("twice looked at")
    for _ in range(2):
        try: await f
        except asyncio.CancelledError as e: log("awaited", e.args)
    log(asyncio.ensure_future(f) is f)
asyncio.run(main())
