import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S5, S12, S13: with nothing ready the loop sleeps until the first timer that is not cancelled
loop = asyncio.new_event_loop(); t = loop.time()
def at(what): log(what, round(loop.time() - t))
a = loop.call_later(1, at, "NEVER"); loop.call_later(5, at, "five"); b = loop.call_later(3, at, "NEVER"); a.cancel(); b.cancel()
loop.call_later(7, loop.stop); loop.run_forever(); at("stopped"); loop.close()
