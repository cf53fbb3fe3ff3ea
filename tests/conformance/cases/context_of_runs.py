import asyncio, contextvars, threading

def log(*a, **k): print(*a, **k, flush=True)

# S160, S173, S191: contexts at the edges of a loop: before it runs, from other threads, in its handler
v = contextvars.ContextVar("v", default="default")
async def main():
    log("main sees", v.get()); v.set("main's")
async def fail(): v.set("failing task's"); raise ValueError("boom")
def throws(): v.set("callback's"); raise ValueError("boom")
async def reports():
    loop = asyncio.get_running_loop()
    v.set("reporter's"); loop.call_soon(throws); await asyncio.sleep(0)
    t = asyncio.create_task(fail()); await asyncio.sleep(0); await asyncio.sleep(0); del t
async def foreign():
    loop = asyncio.get_running_loop(); v.set("loop's"); done = asyncio.Event()
    def other(): log("thread begins with", v.get()); v.set("thread's"); loop.call_soon_threadsafe(lambda: (log("from the thread", v.get()), done.set()))
    thread = threading.Thread(target=other); thread.start(); thread.join()
    await done.wait(); log(v.get())
async def resists():
    v.set("resisting task's")
    try: await asyncio.sleep(1000)
    except asyncio.CancelledError: raise ValueError("boom")
async def leaves():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: log("at the end handler sees", v.get()))
    t = asyncio.create_task(resists()); await asyncio.sleep(0); v.set("leaver's")
v.set("caller's"); asyncio.run(main()); log("caller has", v.get())
c = contextvars.Context(); c.run(asyncio.run, main()); log("run in a context", v in c)
def prepare():
    v.set("prepared"); loop.call_soon(lambda: log("callback sees", v.get())); v.set("later"); loop.run_until_complete(main()); log("then", v.get())
loop = asyncio.new_event_loop(); contextvars.Context().run(prepare)
loop.set_exception_handler(lambda loop, context: log("handler sees", v.get()))
loop.run_until_complete(reports()); loop.close()
asyncio.run(foreign()); asyncio.run(leaves())
