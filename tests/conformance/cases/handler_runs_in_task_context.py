import asyncio, contextvars, gc

def log(*a, **k): print(*a, **k, flush=True)

# S169: debug is set before the main task begins. S173: the handler runs in the context of the task
variable = contextvars.ContextVar("variable", default="outside")
def handler(loop, context): log("HANDLER", context["message"], variable.get())
async def fails(): variable.set("set in the task"); raise ValueError()
async def main():
    loop = asyncio.get_running_loop(); log("debug", loop.get_debug())
    loop.set_exception_handler(handler)
    loop.call_exception_handler({"message": "of nobody"})
    t = asyncio.create_task(fails()); await asyncio.sleep(0); await asyncio.sleep(0)
    del t; gc.collect(); log("main", variable.get())
asyncio.run(main(), debug=True)
