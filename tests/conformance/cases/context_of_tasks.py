import asyncio, contextvars

def log(*a, **k): print(*a, **k, flush=True)

# S192, S95: a task copies the context when it is created; all its steps, and what it awaits, share the copy
v = contextvars.ContextVar("v", default="default")
async def put(value): await asyncio.sleep(0); v.set(value)
async def child(name):
    log(name, "begins with", v.get()); v.set(name)
    for _ in range(2): await asyncio.sleep(0); log(name, "goes on with", v.get())
async def forever(name):
    v.set(name)
    try: await asyncio.sleep(1000)
    except asyncio.CancelledError: log(name, "is cancelled with", v.get()); raise
async def main():
    v.set("one"); a = asyncio.create_task(child("a")); v.set("two"); b = asyncio.create_task(child("b")); v.set("three")
    await a; await b; log("main", v.get())
    await put("four"); log("awaited", v.get())
    await asyncio.wait_for(put("five"), 10); log("wait_for", v.get())
    await asyncio.gather(put("six"), put("seven")); log("gather", v.get())
    await asyncio.shield(put("eight")); log("shield", v.get())
    await asyncio.create_task(put("nine")); log("task", v.get())
    t = asyncio.create_task(forever("forever")); await asyncio.sleep(0); v.set("ten"); t.cancel()
    try: await t
    except asyncio.CancelledError: log("main", v.get(), "task", t.get_context()[v])
    given = contextvars.copy_context()
    c = asyncio.create_task(child("c"), context=given); d = asyncio.create_task(child("d"), context=given)
    await c; await d; log("main", v.get(), "given", given[v], c.get_context() is given)
    def make(): v.set("eleven"); return asyncio.create_task(child("e"))
    inside = contextvars.copy_context(); e = inside.run(make); log("main", v.get()); await e; log("inside", inside[v])
    async def enter(ctx):
        try: ctx.run(log, "never")
        except RuntimeError as error: log(type(error).__name__)
    await asyncio.create_task(enter(given), context=given)
    token = v.set("twelve")
    async def reset():
        try: v.reset(token)
        except ValueError as error: log(type(error).__name__, v.get())
    await asyncio.create_task(reset()); await put("thirteen"); v.reset(token); log("main", v.get())
asyncio.run(main())
