import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# Pipes as transports: eof_received does not decide; the writer hears that its reader is gone
import os
class P(asyncio.Protocol):
    def __init__(s, name): s.name = name; s.done = asyncio.get_running_loop().create_future()
    def connection_made(s, t): log(s.name, "made")
    def data_received(s, d): log(s.name, "data", d)
    def eof_received(s): log(s.name, "eof"); return True
    def connection_lost(s, e): log(s.name, "lost", type(e).__name__ if e else e); s.done.set_result(0)
    def pause_writing(s): log(s.name, "pause")
    def resume_writing(s): log(s.name, "resume")
async def main():
    loop = asyncio.get_running_loop()
    r, w = os.pipe()
    rt, rp = await loop.connect_read_pipe(lambda: P("r"), os.fdopen(r, "rb", 0)); log("reading", rt.is_reading())
    wt, wp = await loop.connect_write_pipe(lambda: P("w"), os.fdopen(w, "wb", 0)); log("can_write_eof", wt.can_write_eof())
    wt.write(b"hello"); await asyncio.sleep(0); await asyncio.sleep(0)
    rt.pause_reading(); log("reading", rt.is_reading()); wt.write(b"more"); await asyncio.sleep(0); await asyncio.sleep(0); rt.resume_reading(); await asyncio.sleep(0); await asyncio.sleep(0)
    wt.write_eof(); log("closing", wt.is_closing()); wt.close(); wt.write(b"dropped"); await wp.done; await rp.done; log("closing", rt.is_closing())
    r, w = os.pipe()
    rt, rp = await loop.connect_read_pipe(lambda: P("r"), os.fdopen(r, "rb", 0))
    wt, wp = await loop.connect_write_pipe(lambda: P("w"), os.fdopen(w, "wb", 0))
    rt.close(); log("closing", rt.is_closing()); rt.close(); await rp.done; await wp.done; log("closing", wt.is_closing())
    r, w = os.pipe()
    wt, wp = await loop.connect_write_pipe(lambda: P("w"), os.fdopen(w, "wb", 0))
    wt.write(b"x" * 200000); log("buffered", wt.get_write_buffer_size() > 0); os.close(r); await wp.done
    r, w = os.pipe()
    wt, wp = await loop.connect_write_pipe(lambda: P("w"), os.fdopen(w, "wb", 0))
    wt.write(b"x" * 200000); wt.abort(); log("buffered", wt.get_write_buffer_size()); await wp.done; os.close(r)

    with open(__file__, "rb") as f:
        try: await loop.connect_read_pipe(lambda: P("file"), f)
        except ValueError as e: log(e)
        try: await loop.connect_write_pipe(lambda: P("file"), f)
        except ValueError as e: log(e)
asyncio.run(main())
