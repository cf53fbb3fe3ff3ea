import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S218: handshakes of 60 s, farewells of 30 s, or what is said; who hangs up
import os, socket, ssl, subprocess, tempfile
pem = subprocess.run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=jackdaw.example"
                     " -addext subjectAltName=DNS:jackdaw.example -keyout -".split(), capture_output=True, text=True, check=True).stdout
of_client = ssl.create_default_context(cadata=pem)
of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
with tempfile.NamedTemporaryFile("w") as f: f.write(pem); f.flush(); of_server.load_cert_chain(f.name)
NAME = "jackdaw.example"
def kind(e): return "SSLError" if isinstance(e, ssl.SSLError) else type(e).__name__

class P(asyncio.Protocol):
    def __init__(s, name): s.name, s.lost = name, asyncio.get_running_loop().create_future()
    def connection_made(s, t): s.t = t; log(s.name, "connection_made")
    def data_received(s, d): log(s.name, "data_received", d)
    def eof_received(s): log(s.name, "eof_received")
    def connection_lost(s, e): log(s.name, "connection_lost", repr(str(e)) if isinstance(e, TimeoutError) else kind(e)); s.lost.set_result(None)

async def main():
    loop = asyncio.get_running_loop(); start = loop.time()
    def passed(): nonlocal start; before, start = start, loop.time(); return round(loop.time() - before)
    for limit in (None, 7):
        a, b = socket.socketpair()
        log("-- a handshake with nobody", limit)
        try: await loop.create_connection(lambda: P("client"), sock=a, ssl=of_client, server_hostname=NAME, ssl_handshake_timeout=limit)
        except OSError as e: log(kind(e), "after", passed())
        b.close()
    log("-- with who hangs up")
    a, b = socket.socketpair()
    creating = asyncio.create_task(loop.create_connection(lambda: P("client"), sock=a, ssl=of_client, server_hostname=NAME))
    await asyncio.sleep(1); b.close()
    try: await creating
    except OSError as e: log(kind(e), "after", passed())
    log("-- a server that is cancelled within it")
    a, b = socket.socketpair()
    creating = asyncio.create_task(loop.connect_accepted_socket(lambda: P("server"), a, ssl=of_server))
    await asyncio.sleep(1); creating.cancel()
    try: await creating
    except asyncio.CancelledError: log("CancelledError after", passed())
    await asyncio.sleep(0); log("peer sees the end", b.recv(1)); b.close()
    for limit in (None, 3):
        log("-- nobody answers the farewell", limit)
        a, b = socket.socketpair()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        hand = of_client.wrap_bio(incoming, outgoing, server_hostname=NAME); b.setblocking(False)
        s = P("server")
        creating = asyncio.create_task(loop.connect_accepted_socket(lambda: s, a, ssl=of_server, ssl_shutdown_timeout=limit))
        while True:
            try: hand.do_handshake(); break
            except ssl.SSLWantReadError:
                if outgoing.pending: b.send(outgoing.read())
                await asyncio.sleep(0)
                try: incoming.write(b.recv(100000))
                except BlockingIOError: pass
        b.send(outgoing.read()); await creating; passed()
        s.t.write(b"bye"); s.t.close(); await s.lost; log("after", passed())
        incoming.write(b.recv(100000)); log("peer got", hand.read(100)); log("peer got", hand.read(100)); b.close()
    for options in ({"ssl_handshake_timeout": 0}, {"ssl_shutdown_timeout": -1}):
        a, b = socket.socketpair()
        try: await loop.create_connection(lambda: P("client"), sock=a, ssl=of_client, server_hostname=NAME, **options)
        except ValueError: log("ValueError", *options)
        a.close(); b.close()
    for options in ({"ssl_handshake_timeout": 1}, {"ssl_shutdown_timeout": 1}, {"server_hostname": NAME}, {"ssl": of_client}):
        a, b = socket.socketpair()
        try: await loop.create_connection(lambda: P("client"), sock=a, **options)
        except ValueError: log("ValueError", *options)
        a.close(); b.close()
asyncio.run(main())
