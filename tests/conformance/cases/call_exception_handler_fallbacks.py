import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S170, S172: a handler that fails falls back to the default one; what is meant for the loop goes through
import logging
class H(logging.Handler):
    def emit(s, r): log("LOG", r.getMessage().split("\n")[0])
logging.getLogger("asyncio").addHandler(H()); logging.getLogger("asyncio").propagate = False
def bad(): raise ValueError("bad")
async def main():
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "plain"}); loop.call_exception_handler({"exception": ValueError("no message key")})
    def broken(l, c): raise KeyError("broken handler")
    loop.set_exception_handler(broken); loop.call_exception_handler({"message": "m"}); log("same", loop.get_exception_handler() is broken)
    try: loop.set_exception_handler(1)
    except TypeError as e: log(e)
    def leaves(l, c): raise KeyboardInterrupt(c["message"])
    loop.set_exception_handler(leaves)
    try: loop.call_exception_handler({"message": "through"})
    except KeyboardInterrupt as e: log("KeyboardInterrupt", e)
    def delegates(l, c): log("HANDLER", l is loop, c["message"], repr(c["exception"])); l.default_exception_handler(c)
    loop.set_exception_handler(delegates); loop.call_exception_handler({"message": "told twice", "exception": ValueError("e")})
    loop.set_exception_handler(None); log(loop.get_exception_handler())
    def exits(l, c): raise SystemExit(3)
    loop.set_exception_handler(exits); loop.call_soon(bad); loop.call_soon(log, "the shutdown runs what was queued")
    try: await asyncio.sleep(1); log("NEVER")
    except asyncio.CancelledError: log("cancelled by the shutdown"); raise
try: asyncio.run(main())
except SystemExit as e: log("SystemExit", e.code)
