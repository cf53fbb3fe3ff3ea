import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S60: eager_start: the body runs inside of create_task up to its first suspension; then like any other task
async def nosusp(): log("ran synchronously; current is me", asyncio.current_task().get_name()); return 1
async def susp(): log("s: before"); await asyncio.sleep(0); log("s: after"); return 2
async def boom(): raise ValueError("eager")
async def main():
    loop = asyncio.get_running_loop(); me = asyncio.current_task()
    t = asyncio.Task(nosusp(), loop=loop, name="E", eager_start=True); log("done immediately", t.done(), t.result(), asyncio.current_task() is me)
    loop.set_task_factory(asyncio.eager_task_factory)
    t = asyncio.create_task(nosusp()); log("done immediately", t.done(), t.result(), asyncio.current_task() is me)
    t = asyncio.create_task(susp()); log("created; done", t.done(), "in all_tasks", t in asyncio.all_tasks()); log(await t)
    t = asyncio.create_task(boom()); log("exception stored, not raised:", repr(t.exception()))
    log("gather of eager-done:", await asyncio.gather(nosusp(), nosusp()))
    t = asyncio.create_task(susp()); log("cancel ->", t.cancel())
    try: await t
    except asyncio.CancelledError: log("cancelled after its eager step ran")
    loop.set_task_factory(None)
    t = asyncio.create_task(susp()); log("lazy again"); await t
    t = asyncio.Task(susp(), loop=loop, eager_start=True); await t
asyncio.run(main())
