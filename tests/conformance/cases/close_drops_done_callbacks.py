import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S17: done-callbacks that are queued when the loop is closed never run
loop = asyncio.new_event_loop(); f = loop.create_future()
f.add_done_callback(lambda _: log("NEVER")); f.set_result(1); f.add_done_callback(lambda _: log("NEVER")); log(f.done()); loop.close(); log(f.result())
loop = asyncio.new_event_loop(); f = loop.create_future()
async def main(): f.add_done_callback(lambda _: log("runs")); f.set_result(2); await asyncio.sleep(0)
loop.run_until_complete(main()); f.add_done_callback(lambda _: log("NEVER")); loop.close(); log("closed")
