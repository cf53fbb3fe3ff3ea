# tests/conformance/virtual_clock.py
"""Runs a case on a clock that stands still while anything is runnable, and jumps when the loop would sleep.

    python3.13 virtual_clock.py cases/NAME.py

So a case may sleep for hours, and which of two deadlines comes first never depends on the machine. The C++
twins run on jackdaw's virtual_clock, whose rule is the same. Not for cases that wait for threads: those say
`# real clock` in a line of their own.
"""

import asyncio
import runpy
import selectors
import sys


class JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop):
        super().__init__()
        self.loop = loop

    def select(self, timeout=None):
        events = super().select(0)
        if events or timeout == 0:
            return events
        if timeout is None:
            return super().select(None)
        self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.now = 0.0
        super().__init__(JumpingSelector(self))
        self._clock_resolution = 1e-9  # That of the clock it replaces: a timer is due one of these early.

    def time(self):
        return self.now


class VirtualPolicy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = VirtualLoop


asyncio.set_event_loop_policy(VirtualPolicy())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
