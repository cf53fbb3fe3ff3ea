import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S181, S184: tasks that are pending when the loop is closed are destroyed, and reported when their handles are gone
import gc
loop = asyncio.new_event_loop(); loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"]))
async def w(): log("starts"); await asyncio.sleep(10); log("NEVER")
async def main(): global t; t = asyncio.create_task(w()); await asyncio.sleep(0); log("main returns")
loop.run_until_complete(main()); log("close"); loop.close(); del t; gc.collect(); log("end")
