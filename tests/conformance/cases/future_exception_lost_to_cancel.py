import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S71, S75: a cancellation takes the place of an exception that was there already; that counts as seen; a CancelledError keeps its message
async def w(f):
    try: return await f
    except ValueError as e: log("raised", repr(e)); raise
    except asyncio.CancelledError as e: log("cancelled", e.args); raise
async def main():
    loop = asyncio.get_running_loop(); loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"], repr(c["exception"])))
    async def ended(t):
        try: await t
        except asyncio.CancelledError: log("ended cancelled", t.cancelling())
    f = loop.create_future(); t = asyncio.create_task(w(f)); await asyncio.sleep(0); f.set_exception(ValueError("lost")); f = None; t.cancel("request"); await ended(t); t = None; log("nothing reported")
    f = loop.create_future(); t = asyncio.create_task(w(f)); await asyncio.sleep(0); f.cancel("own"); t.cancel("request"); await ended(t)
    g = asyncio.gather(asyncio.sleep(100)); t = asyncio.create_task(w(g)); await asyncio.sleep(0); await asyncio.sleep(0); g.cancel("own"); await asyncio.sleep(0); await asyncio.sleep(0); log("gather done", g.done(), "cancel", t.cancel("request")); await ended(t)
asyncio.run(main())
