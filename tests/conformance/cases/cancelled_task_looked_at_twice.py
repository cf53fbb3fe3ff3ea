import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S34: who looks first at a cancelled task gets the message, later ones an error without
async def w():
    try: await asyncio.sleep(10)
    except asyncio.CancelledError as e: log("body", e.args); raise
async def made_up(): raise asyncio.CancelledError("made up")
async def look(what, t):
    try: await t
    except asyncio.CancelledError as e: log(what, e.args)
async def main():
    t = asyncio.create_task(w()); await asyncio.sleep(0); t.cancel("m"); await look("first look", t); await look("second look", t)
    try: t.result()
    except asyncio.CancelledError as e: log("result()", e.args)
    t = asyncio.create_task(w()); await asyncio.sleep(0); t.cancel("m"); await asyncio.sleep(0)
    try: t.exception()
    except asyncio.CancelledError as e: log("exception()", e.args)
    await look("then an await", t)
    t = asyncio.create_task(made_up()); a, b = asyncio.create_task(look("a", t)), asyncio.create_task(look("b", t)); await a; await b
    i = asyncio.create_task(w())
    async def o(): await i
    o = asyncio.create_task(o()); await asyncio.sleep(0); o.cancel("outer"); await look("outer", o); await look("inner, seen by outer", i)
asyncio.run(main())
