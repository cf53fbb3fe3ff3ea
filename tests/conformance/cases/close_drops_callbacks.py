import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S19, S164: close() drops what is queued without running it
class Held:
    def __init__(s, n): s.n = n
    def __del__(s): log("destroyed", s.n)
loop = asyncio.new_event_loop()
loop.call_soon(lambda h: log("NEVER", h), Held("soon")); loop.close(); log("closed", loop.is_closed())
loop = asyncio.new_event_loop()
loop.call_later(1, lambda h: log("NEVER", h), Held("timer")); loop.close(); log("closed", loop.is_closed())
