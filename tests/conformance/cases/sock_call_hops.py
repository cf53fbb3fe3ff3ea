import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# the calls of a socket: nothing if they succeed at once, else the turn of the event and one for the future
import socket
ticks = 0
def tick():
    global ticks; ticks += 1; asyncio.get_running_loop().call_soon(tick)
async def main():
    loop = asyncio.get_running_loop(); loop.call_soon(tick); await asyncio.sleep(0)
    a, b = socket.socketpair(); a.setblocking(False); b.setblocking(False)
    async def timed(what, call):
        start = ticks; log(what, await call, ticks - start)
    b.send(b"now"); await timed("recv of what is there", loop.sock_recv(a, 10))
    t = asyncio.create_task(timed("recv of what comes", loop.sock_recv(a, 10))); await asyncio.sleep(0); b.send(b"then"); await t
    await timed("sendall into an empty socket", loop.sock_sendall(a, b"x"))
    t = asyncio.create_task(loop.sock_recv(a, 10)); await asyncio.sleep(0); t.cancel(); await asyncio.sleep(0); log("cancelled", t.cancelled()); b.send(b"kept"); await timed("recv after the cancelled one", loop.sock_recv(a, 10))
    l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(5); l.setblocking(False)
    c = socket.socket(); c.setblocking(False); t = asyncio.create_task(loop.sock_accept(l)); await asyncio.sleep(0)
    await timed("connect", loop.sock_connect(c, l.getsockname())); start = ticks; s, addr = await t; log("accepted", addr == c.getsockname(), ticks - start)
    b.recv(10); b.close(); log("end", await loop.sock_recv(a, 10))
    try: await loop.sock_sendall(a, b"x")
    except OSError as e: log(type(e).__name__)
asyncio.run(main())
