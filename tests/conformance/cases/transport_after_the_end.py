import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S203-S207: a close that has to send, an abort that has not, a peer that left, and writes after all that
import socket, errno
class P(asyncio.Protocol):
    def __init__(s, name): s.name = name
    def pause_writing(s): log(s.name, "pause_writing")
    def resume_writing(s): log(s.name, "resume_writing")
    def eof_received(s): log(s.name, "eof_received")
    def connection_lost(s, e): log(s.name, "connection_lost", type(e).__name__)
async def pair(name):
    loop = asyncio.get_running_loop(); a, b = socket.socketpair(); b.setblocking(False)
    t, p = await loop.create_connection(lambda: P(name), sock=a); return t, b
def recv(b):
    try: return len(b.recv(1 << 22))
    except OSError: return 0
async def main():
    t, b = await pair("close"); t.write(b"x" * 2000000); log("closing", t.is_closing()); t.close(); log("closing", t.is_closing(), "reading", t.is_reading(), "buffered", t.get_write_buffer_size() > 0)
    t.write(b"after close, still buffered"); n = 0
    while t.get_write_buffer_size(): n += recv(b); await asyncio.sleep(0)
    log("buffer empty")
    while m := recv(b): n += m
    log("peer got", n); t.close(); log("closed twice"); b.close()
    t, b = await pair("abort"); t.write(b"x" * 2000000); t.abort(); log("buffered", t.get_write_buffer_size(), "closing", t.is_closing()); await asyncio.sleep(0); b.close()
    t, b = await pair("peer left"); t.pause_reading(); b.close(); t.write(b"x"); log("write returned; closing", t.is_closing()); t.write(b"x"); await asyncio.sleep(0); t.write(b"x"); log("written after the loss")
    t, b = await pair("peer left later"); t.write(b"x" * 2000000); b.close(); log("closing", t.is_closing()); await asyncio.sleep(0); await asyncio.sleep(0); await asyncio.sleep(0)
    t, b = await pair("write_eof"); t.write_eof(); t.write_eof(); log("eof; closing", t.is_closing(), t.can_write_eof())
    try: t.write(b"x")
    except RuntimeError as e: log(e)
    try: t.writelines([b"x"])
    except RuntimeError as e: log(e)
    log("peer got", recv(b)); b.close(); await asyncio.sleep(0); await asyncio.sleep(0); await asyncio.sleep(0); log("end")
    t, b = await pair("limits")
    for high, low in ((0, None), (None, 10), (None, None), (1, 2)):
        try: t.set_write_buffer_limits(high, low); log(t.get_write_buffer_limits())
        except ValueError as e: log(e)
    t.close(); await asyncio.sleep(0); b.close()
asyncio.run(main())
