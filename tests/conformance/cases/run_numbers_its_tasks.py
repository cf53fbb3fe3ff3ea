import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S52, S161: the shutdown of a run uses up two numbers of tasks
async def main():
    log(asyncio.current_task().get_name(), asyncio.create_task(asyncio.sleep(0)).get_name())
asyncio.run(main()); asyncio.run(main())
loop = asyncio.new_event_loop(); loop.run_until_complete(main()); loop.run_until_complete(loop.shutdown_default_executor()); loop.close(); asyncio.run(main())
