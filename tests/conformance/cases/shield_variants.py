import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S102-S104, S107: futures behind a shield, and a shield that is cancelled, awaited twice, or of something done
async def w(f):
    try: log("got", await f)
    except asyncio.CancelledError as e: log("cancelled", e.args); raise
    except ValueError as e: log("raised", repr(e))
async def main():
    loop = asyncio.get_running_loop(); loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"], repr(c["exception"])))
    f = loop.create_future(); s = asyncio.shield(f); t = asyncio.create_task(w(s)); await asyncio.sleep(0); log(t.cancel("msg"), s.cancelled(), f.cancelled())
    try: await t
    except asyncio.CancelledError: log("left")
    f.set_result(1); log(f.result(), s.cancelled())
    f = loop.create_future(); s = asyncio.shield(f); f.set_result("v"); log("a turn later", s.done()); await asyncio.sleep(0); log(s.done(), s.result())
    f = loop.create_future(); s = asyncio.shield(f); f.cancel("msg")
    try: await s
    except asyncio.CancelledError as e: log("inner cancelled", e.args, s.cancelled())
    f = loop.create_future(); s = asyncio.shield(f); f.set_exception(ValueError("in the same turn")); s.cancel(); f = None; await asyncio.sleep(0); await asyncio.sleep(0); s = None; log("seen by the shield")
    f = loop.create_future(); s = asyncio.shield(f); s.cancel(); await asyncio.sleep(0); f.set_exception(ValueError("after")); await asyncio.sleep(0); log("dropping"); f = s = None; log("dropped")
    f = loop.create_future(); s = asyncio.shield(f); f.set_exception(ValueError("nobody awaits")); await asyncio.sleep(0); log("dropping inner"); f = None; log("dropping outer"); s = None; log("dropped")
    f = loop.create_future(); s = asyncio.shield(f); ts = [asyncio.create_task(w(s)) for _ in range(2)]; await asyncio.sleep(0); f.set_result("for both"); await asyncio.gather(*ts)
    f = loop.create_future(); a, b = asyncio.shield(f), asyncio.shield(f); a.cancel(); f.set_result("for one"); await w(b); log(a.cancelled())
asyncio.run(main())
