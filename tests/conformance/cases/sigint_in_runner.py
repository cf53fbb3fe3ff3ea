import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S166: the first Ctrl-C cancels the main task; the second tears out
import os, signal
async def main():
    try: os.kill(os.getpid(), signal.SIGINT); log("still running"); await asyncio.sleep(10)
    except asyncio.CancelledError: log("main cancelled by first Ctrl-C; cancelling", asyncio.current_task().cancelling()); raise
try: asyncio.run(main())
except KeyboardInterrupt: log("run raised KeyboardInterrupt")
async def swallow():
    try: os.kill(os.getpid(), signal.SIGINT); await asyncio.sleep(10)
    except asyncio.CancelledError: log("swallowed"); return "value"
log("run ->", asyncio.run(swallow()))
async def twice():
    try: os.kill(os.getpid(), signal.SIGINT); await asyncio.sleep(10)
    except asyncio.CancelledError: log("second"); os.kill(os.getpid(), signal.SIGINT); log("NEVER")
try: asyncio.run(twice())
except KeyboardInterrupt: log("second Ctrl-C: immediate KeyboardInterrupt")
async def both():
    asyncio.current_task().cancel(); os.kill(os.getpid(), signal.SIGINT); await asyncio.sleep(10)
try: asyncio.run(both())
except asyncio.CancelledError: log("cancelled by others too")
async def other(): 
    try: await asyncio.sleep(10)
    except asyncio.CancelledError: log("the other ends in the shutdown"); raise
async def with_other():
    t = asyncio.create_task(other()); await asyncio.sleep(0); os.kill(os.getpid(), signal.SIGINT); await asyncio.sleep(10)
try: asyncio.run(with_other())
except KeyboardInterrupt: log("KeyboardInterrupt")
with asyncio.Runner() as r:
    try: r.run(main())
    except KeyboardInterrupt: log("the runner lives on")
    log(r.run(swallow()))
