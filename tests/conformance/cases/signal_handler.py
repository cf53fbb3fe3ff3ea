import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S250: a handler is a callback of the loop, never inside of the signal; replaced, removed, refused
import os, signal
async def main():
    loop = asyncio.get_running_loop(); ev = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, lambda: (log("handler runs as a loop callback"), ev.set()))
    loop.call_soon(log, "already scheduled"); os.kill(os.getpid(), signal.SIGUSR1); log("after kill (handler deferred)"); await ev.wait()
    loop.add_signal_handler(signal.SIGUSR1, lambda: (log("replaced"), ev.set()))
    ev.clear(); os.kill(os.getpid(), signal.SIGUSR1); await ev.wait()
    def fails(): loop.call_soon(ev.set); raise ValueError("in the handler")
    loop.set_exception_handler(lambda l, c: log("HANDLER", type(c["exception"]).__name__))
    loop.add_signal_handler(signal.SIGUSR2, fails)
    ev.clear(); os.kill(os.getpid(), signal.SIGUSR2); await ev.wait(); log("the loop lives on")
    log("removed", loop.remove_signal_handler(signal.SIGUSR1), loop.remove_signal_handler(signal.SIGUSR1))
    for number in (signal.SIGKILL, signal.SIGSTOP):
        try: loop.add_signal_handler(number, print)
        except RuntimeError as e: log(e)
asyncio.run(main())
