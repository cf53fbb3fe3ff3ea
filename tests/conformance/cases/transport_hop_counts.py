import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S200, S203, S204, S237: how many turns it takes: to have a connection, to be told of its end, to make a server, to be accepted
import socket
ticks = 0
def tick():
    global ticks; ticks += 1; asyncio.get_running_loop().call_soon(tick)
class P(asyncio.Protocol):
    def __init__(s): log(" protocol made", ticks - s.start)
    def connection_made(s, t): s.t = t; log(" connection_made", ticks - s.start)
    def data_received(s, d): log(" data_received", d, ticks - s.start)
    def eof_received(s): log(" eof_received", ticks - s.start)
    def connection_lost(s, e): log(" connection_lost", e, ticks - s.start)
def begin(text): P.start = ticks; log(text)
async def main():
    loop = asyncio.get_running_loop(); loop.call_soon(tick); await asyncio.sleep(0)
    a, b = socket.socketpair(); b.setblocking(False)
    begin("create_connection over a socket"); t, p = await loop.create_connection(P, sock=a); log(" returned", ticks - P.start)
    begin("data"); b.send(b"x"); 
    for _ in range(3): await asyncio.sleep(0)
    begin("close"); t.close(); log(" close returned")
    for _ in range(3): await asyncio.sleep(0)
    b.close(); a, b = socket.socketpair(); b.setblocking(False)
    t, p = await loop.create_connection(P, sock=a)
    begin("abort"); t.abort(); log(" abort returned")
    for _ in range(3): await asyncio.sleep(0)
    b.close(); a, b = socket.socketpair(); b.setblocking(False)
    t, p = await loop.create_connection(P, sock=a)
    begin("data and end of stream"); b.send(b"y"); b.close()
    for _ in range(5): await asyncio.sleep(0)
    begin("create_server"); s = await loop.create_server(P, "127.0.0.1", 0); log(" returned", ticks - P.start)
    c = socket.socket(); c.connect(s.sockets[0].getsockname())
    begin("accepted")
    for _ in range(4): await asyncio.sleep(0)
    begin("server closed"); w = loop.create_task(s.wait_closed()); s.close(); c.close()
    await w; log(" wait_closed returned", ticks - P.start)
asyncio.run(main())
