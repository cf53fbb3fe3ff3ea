import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S49: thrown into the task one turn later
async def selfish():
    asyncio.get_running_loop().call_soon(log, "callback")
    try: await asyncio.current_task()
    except RuntimeError as e: log("Task cannot await on itself" in str(e)); return "survived"
async def main(): log(await asyncio.create_task(selfish()))
asyncio.run(main())
