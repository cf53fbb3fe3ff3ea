import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S26-S28: callbacks run from the ready queue, in registration order, never inside set_result; a late one as well; a removed one never
async def main():
    loop = asyncio.get_running_loop(); f = loop.create_future()
    def cb(x):
        def g(fut): log("cb", x, fut.result())
        return g
    c1, c2, c3 = cb(1), cb(2), cb(3)
    for c in (c1, c2, c3): f.add_done_callback(c)
    log("removed", f.remove_done_callback(c2)); log("removed again", f.remove_done_callback(c2))
    f.set_result("R"); log("after set_result, done =", f.done())
    log("removed after set_result", f.remove_done_callback(c3))
    f.add_done_callback(cb("late")); loop.call_soon(log, "call_soon"); await asyncio.sleep(0)
    log("tick")
    try: f.set_result(1)
    except asyncio.InvalidStateError as e: log("InvalidStateError")
    log("cancel done ->", f.cancel())
    def nested(fut): log("nested"); f.add_done_callback(cb("of a callback"))
    f.add_done_callback(nested); await asyncio.sleep(0); log("tick"); await asyncio.sleep(0); log("tick")
asyncio.run(main())
