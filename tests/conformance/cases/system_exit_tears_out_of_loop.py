import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S21, S47: from a callback, and from the awaited task itself; the rest of the turn stays queued
loop = asyncio.new_event_loop()
def leave(): raise SystemExit("from callback")
loop.call_soon(log, "before"); loop.call_soon(leave); loop.call_soon(log, "rest of the turn")
try: loop.run_forever()
except SystemExit as e: log("raised", repr(e), "running", loop.is_running())
async def other(): log("other 1"); await asyncio.sleep(0); log("other 2")
async def t(): log("t"); await asyncio.sleep(0); raise KeyboardInterrupt("from task")
task = loop.create_task(t()); o = loop.create_task(other())
try: loop.run_until_complete(task)
except KeyboardInterrupt as e: log("raised", repr(e), "done", task.done(), o.done(), repr(task.exception()))
loop.run_until_complete(o); log("other done", o.done())
async def awaits(x):
    try: await x
    except KeyboardInterrupt as e: log("awaiter sees", repr(e))
async def k(): raise KeyboardInterrupt("k")
x = loop.create_task(k()); w = loop.create_task(awaits(x))
try: loop.run_until_complete(w)
except KeyboardInterrupt as e: log("raised", repr(e), "awaiter done", w.done())
loop.run_until_complete(w); log("awaiter done", w.done()); loop.close()
