import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S54: tasks that are not done, started or not
async def short(): pass
async def long(): await asyncio.sleep(10)
def names(): return sorted(t.get_name() for t in asyncio.all_tasks())
async def main():
    log(names()); a = asyncio.create_task(short(), name="short"); b = asyncio.create_task(long(), name="long"); log(names()); await asyncio.sleep(0); log(names())
    b.cancel(); log(names())
    try: await b
    except asyncio.CancelledError: log(names())
asyncio.run(main())
