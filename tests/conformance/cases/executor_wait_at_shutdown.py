import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# real clock
# S161: the end of a run waits for calls in threads, also for those that had not begun; their results still arrive in the loop
import threading, concurrent.futures
async def main():
    loop = asyncio.get_running_loop(); loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(1)); begun, end, seen = threading.Event(), threading.Event(), threading.Event()
    def slow(): begun.set(); end.wait(); log("first call ends")
    f = loop.run_in_executor(None, slow); f.add_done_callback(lambda f: (log("the future is done, in the loop"), seen.set()))
    loop.run_in_executor(None, lambda: (seen.wait(), log("second call"))); begun.wait(); threading.Timer(.05, end.set).start(); log("main returns")
asyncio.run(main()); log("run returned after the threads")
