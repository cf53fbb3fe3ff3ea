import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S14, S15: the turn in which stop() is called is completed, what it made ready stays for the next run; stop() before a run: one turn
loop = asyncio.new_event_loop()
def a(): log("a"); loop.stop(); loop.call_soon(log, "made ready in the turn of stop()")
loop.call_soon(a); loop.call_soon(log, "b, same turn"); loop.run_forever(); log("stopped; running", loop.is_running())
loop.call_soon(loop.stop); loop.run_forever(); log("second run")
loop.stop(); loop.call_soon(log, "one turn"); loop.call_soon(lambda: loop.call_soon(log, "second turn"))
loop.run_forever(); log("third run"); loop.stop(); loop.run_forever(); log("fourth run")
async def main(): loop.stop(); await asyncio.sleep(0); await asyncio.sleep(0); log("goes on in the next run")
t = loop.create_task(main())
try: loop.run_until_complete(t)
except RuntimeError as e: log(e)
log("done", t.done()); loop.run_until_complete(t); loop.close()
