import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S60: eager steps nest, have their own context, take no turn; done-callbacks take one all the same
import contextvars
var = contextvars.ContextVar("var", default="unset")
def eager(coro, name=None): return asyncio.Task(coro, loop=asyncio.get_running_loop(), name=name, eager_start=True)
def cb(t): log("callback", t.get_name())
def who(where): log(where, asyncio.current_task().get_name())
async def quick(n): log("quick", n); return n
async def slow(n):
    log("slow begins", n); await asyncio.sleep(0); log("slow ends", n); return n
async def inner(): who("inner is"); await asyncio.sleep(0); who("inner still is")
async def outer(): who("outer is"); t = eager(inner(), "I"); who("outer again"); await t; who("outer at last")
async def sets(): var.set("changed"); await asyncio.sleep(0); log("in the task", var.get())
async def fails(): await quick("f"); raise ValueError("f")
async def cancels_itself(): asyncio.current_task().cancel(); log("asked"); await asyncio.sleep(0); log("NEVER")
async def in_callback(): who("from a callback")
async def main():
    loop = asyncio.get_running_loop(); asyncio.current_task().set_name("M")
    loop.call_soon(log, "queued before"); a = eager(quick("a"), "A"); a.add_done_callback(cb); log("done", a.done(), "no callback yet")
    log("await costs no turn", await a); await asyncio.sleep(0); log("a turn later")
    b = eager(slow("b"), "B"); b.add_done_callback(cb); c = asyncio.create_task(slow("c"), name="C"); loop.call_soon(log, "queued after both"); log("pending", b.done(), c.done())
    log("awaited", await b, await c)
    o = eager(outer(), "O"); who("main again"); await o
    s = eager(sets()); log("in main", var.get()); await s; log("in main", var.get())
    f = eager(fails()); log(f.done(), repr(f.exception()))
    x = eager(cancels_itself())
    try: await x
    except asyncio.CancelledError: log("cancelled", x.cancelled())
    loop.call_soon(lambda: eager(in_callback(), "CB")); await asyncio.sleep(0); who("main at last")
loop = asyncio.new_event_loop(); early = loop.create_task(quick("early")); late = asyncio.Task(quick("not running"), loop=loop, eager_start=True); log("not begun", early.done(), late.done())
loop.run_until_complete(main()); loop.close()
