import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S160, S168, S17: several runs on one loop; tasks go on between them; closed is closed
import contextvars
var = contextvars.ContextVar("var", default="default")
async def bg():
    for i in range(6): log("bg", i); await asyncio.sleep(0)
    try: await asyncio.sleep(100)
    except asyncio.CancelledError: log("bg cancelled"); raise
async def main(n):
    log("run", n, "sees", var.get(), asyncio.current_task().get_name()); var.set(f"set by {n}"); await asyncio.sleep(0); return n
async def start(): asyncio.create_task(bg()); await asyncio.sleep(0)
async def fails(): raise ValueError("main")
async def nested(r):
    try: r.run(main(9))
    except RuntimeError as e: log(e)
var.set("outside")
with asyncio.Runner() as r:
    loop = r.get_loop(); log(r.run(main(1))); log(r.run(main(2)), r.get_loop() is loop); r.run(start()); log("between")
    try: r.run(fails())
    except ValueError as e: log("raised", e)
    c = main(3); context = contextvars.copy_context(); log(r.run(c, context=context), context[var])
    import warnings; warnings.simplefilter("ignore"); r.run(nested(r)); log("leaving")
log("closed", loop.is_closed(), var.get()); r.close()
for f in (lambda: r.get_loop(), lambda: r.run(main(4))):
    try: f()
    except RuntimeError as e: log(e)
r = asyncio.Runner(); r.close(); log("closed without a run")
log(asyncio.Runner().run(main(5)))
