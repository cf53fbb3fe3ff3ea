import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# exception in data_received -> fatal error: handler called, connection aborted with that exception
import socket
class P(asyncio.Protocol):
    def data_received(s, d): raise ValueError("in data_received")
    def connection_lost(s, e): log("connection_lost", repr(e))
class Q(asyncio.Protocol):
    def connection_made(s, t): raise ValueError("in connection_made")
    def connection_lost(s, e): log("Q connection_lost", repr(e))
async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda l, c: log("HANDLER", c["message"].split("<")[0].split(" Q.")[0], repr(c["exception"])))
    a, b = socket.socketpair(); t, p = await loop.create_connection(P, sock=a); b.send(b"x"); await asyncio.sleep(.01); b.close()
    a, b = socket.socketpair(); t, p = await loop.create_connection(Q, sock=a); log("connection_made error is only logged; closing", t.is_closing()); t.close(); await asyncio.sleep(0); b.close()
asyncio.run(main())
