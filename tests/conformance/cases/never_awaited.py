import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S182: a coroutine that is dropped before it began is warned of, once; one whose task never began is not
import warnings
def show(m, c, *a, **k): log("WARN", c.__name__, m)
warnings.showwarning = show; warnings.simplefilter("always")
async def c(): pass
async def outer(inner): await inner
async def main():
    asyncio.get_running_loop().set_exception_handler(lambda l, c: log("NEVER: no error"))
    c(); log("dropped")
    x = c(); x = outer(x); log("moved"); await x; log("awaited")
    x = c(); x = None; log("replaced")
    outer(c()); log("both")
    t = asyncio.create_task(c()); t.cancel()
    try: await t
    except asyncio.CancelledError: log("the task never began")
    await asyncio.gather(c(), outer(c())); log("end")
asyncio.run(main())
