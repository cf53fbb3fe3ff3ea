import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S171, S179, S184: what a handler is told: the message, the exception, and what it happened to
import gc
def on_error(l, c):
    about = c.get("task") or c.get("future") or c.get("handle")
    kind = type(about).__name__; kind = {"TimerHandle": "Handle", "_GatheringFuture": "Future"}.get(kind, kind)
    log("HANDLER", c["message"].split(" <")[0].split(" bad(")[0], kind, about.get_name() if kind == "Task" else "-", repr(c.get("exception")))
def bad(*_): raise ValueError("callback")
async def fails(): raise ValueError("task")
async def waits(): await asyncio.sleep(10)
async def clean_up():
    try: await asyncio.sleep(10)
    finally: raise KeyError("clean-up")
async def main():
    loop = asyncio.get_running_loop(); loop.set_exception_handler(on_error)
    loop.call_soon(bad); loop.call_later(1, bad); f = loop.create_future(); f.add_done_callback(bad); f.set_result(1)
    asyncio.create_task(fails(), name="F"); f = loop.create_future(); f.set_exception(KeyError("future")); f = None; gc.collect(); await asyncio.sleep(2)
    g = asyncio.gather(fails()); await asyncio.sleep(1); g = None; gc.collect()
    global kept; kept = asyncio.create_task(clean_up(), name="C"); await asyncio.sleep(0); log("end")
asyncio.run(main())
loop = asyncio.new_event_loop(); loop.set_exception_handler(on_error); t = loop.create_task(waits(), name="W"); loop.call_soon(loop.stop); loop.run_forever(); loop.close(); t = None; gc.collect()
