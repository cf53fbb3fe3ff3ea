import asyncio, contextvars

def log(*a, **k): print(*a, **k, flush=True)

# S191, S29: a callback runs in a copy of the context in which it was registered, or in the one that is given
v = contextvars.ContextVar("v", default="default")
def note(name):
    log(name, "sees", v.get())
    v.set("set by " + name)
def chain(loop, name, left):
    note(name)
    if left: loop.call_soon(chain, loop, name + "'", left - 1)
async def main():
    loop = asyncio.get_running_loop()
    v.set("one"); loop.call_soon(note, "call_soon")
    v.set("two"); loop.call_later(2, note, "call_later")
    v.set("three"); loop.call_at(loop.time() + 1, note, "call_at")
    v.set("four"); loop.call_soon_threadsafe(note, "call_soon_threadsafe")
    v.set("five"); await asyncio.sleep(3); log("main", v.get())
    loop.call_soon(chain, loop, "chain", 2); await asyncio.sleep(1); log("main", v.get())
    f = loop.create_future()
    v.set("six"); f.add_done_callback(lambda _: note("first"))
    v.set("seven"); f.add_done_callback(lambda _: note("second"))
    v.set("eight"); f.set_result(None); await asyncio.sleep(0)
    f.add_done_callback(lambda _: note("late")); v.set("nine"); await asyncio.sleep(0); log("main", v.get())
    given = contextvars.Context()
    loop.call_soon(note, "given call_soon", context=given); loop.call_soon(note, "again", context=given)
    loop.call_later(1, note, "given call_later", context=given)
    f.add_done_callback(lambda _: note("given done"), context=given)
    await asyncio.sleep(2); log("main", v.get(), "given", given[v])
    h = loop.call_soon(note, "held", context=given); log(h.get_context() is given)
    h.cancel(); await asyncio.sleep(0); log("given", given[v])
asyncio.run(main())
