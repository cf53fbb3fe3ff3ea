import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# Files through transports and over sockets: order, parts, what is refused
import os, socket, tempfile
class P(asyncio.Protocol):
    def __init__(s): s.lost = asyncio.get_running_loop().create_future()
    def connection_made(s, t): s.t = t
    def pause_writing(s): log("pause_writing")
    def resume_writing(s): log("resume_writing")
    def data_received(s, d): log("data_received", d)
    def eof_received(s): log("eof_received")
    def connection_lost(s, e): log("connection_lost", type(e).__name__); s.lost.set_result(None)
TEXT = b"0123456789" * 10
async def main():
    loop = asyncio.get_running_loop()
    path = tempfile.mktemp()
    with open(path, "wb") as f: f.write(TEXT)
    with open(path, "rb") as f, open("/proc/self/maps", "rb") as unsendable:
        a, b = socket.socketpair(); b.setblocking(False)
        t, p = await loop.create_connection(P, sock=a)
        t.write(b"before "); log("sent", await loop.sendfile(t, f)); t.write(b" after"); log("peer got", len(b.recv(1000)), "reading", t.is_reading())
        log("sent", await loop.sendfile(t, f, 95, 50)); log("peer got", b.recv(1000))
        log("sent", await loop.sendfile(t, f, 10, 5)); log("peer got", b.recv(1000))
        log("sent", await loop.sendfile(t, f, 100)); log("sent", await loop.sendfile(t, f, 1000))
        b.send(b"meanwhile"); sending = asyncio.create_task(loop.sendfile(t, f)); await asyncio.sleep(0); log("reading", t.is_reading())
        try: t.write(b"x")
        except RuntimeError: log("RuntimeError: write")
        log("sent", await sending); await asyncio.sleep(.01); log("peer got", len(b.recv(1000)))
        try: await loop.sendfile(t, f, 0, 0)
        except ValueError: log("ValueError")
        try: await loop.sendfile(t, unsendable, 0, 4, fallback=False)
        except asyncio.SendfileNotAvailableError: log("SendfileNotAvailableError")
        t.close(); await p.lost; b.close()
        try: await loop.sendfile(t, f)
        except RuntimeError as e: log("RuntimeError:", e)
        a, b = socket.socketpair(); a.setblocking(False); b.setblocking(False)
        log("sent", await loop.sock_sendfile(a, f)); log("peer got", len(b.recv(1000)))
        log("sent", await loop.sock_sendfile(a, f, 90, 100)); log("peer got", b.recv(1000))
        log("sent", await loop.sock_sendfile(a, f, 3, 4)); log("peer got", b.recv(1000))
        try: await loop.sock_sendfile(a, unsendable, 0, 4, fallback=False)
        except asyncio.SendfileNotAvailableError: log("SendfileNotAvailableError")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as d:
            d.setblocking(False)
            try: await loop.sock_sendfile(d, f)
            except ValueError: log("ValueError: datagrams")
        a.close(); b.close()
    os.unlink(path)
asyncio.run(main())
