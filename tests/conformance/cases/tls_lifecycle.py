import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S218, S202: what protocols see of TLS; connection_made after the handshake, ends from both sides
import os, socket, ssl, subprocess, tempfile
pem = subprocess.run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=jackdaw.example"
                     " -addext subjectAltName=DNS:jackdaw.example -keyout -".split(), capture_output=True, text=True, check=True).stdout
of_client = ssl.create_default_context(cadata=pem)
of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
with tempfile.NamedTemporaryFile("w") as f: f.write(pem); f.flush(); of_server.load_cert_chain(f.name)
NAME = "jackdaw.example"
def kind(e): return "SSLError" if isinstance(e, ssl.SSLError) else type(e).__name__

class P(asyncio.Protocol):
    def __init__(s, name, keep=False): s.name, s.keep, s.lost = name, keep, asyncio.get_running_loop().create_future()
    def connection_made(s, t): s.t = t; log(s.name, "connection_made", t.get_extra_info("ssl_object").version())
    def data_received(s, d): log(s.name, "data_received", d)
    def eof_received(s): log(s.name, "eof_received"); return s.keep
    def connection_lost(s, e): log(s.name, "connection_lost", kind(e)); s.lost.set_result(None)

async def pair(name=NAME):
    loop = asyncio.get_running_loop()
    a, b = socket.socketpair()
    c, s = P("client"), P("server")
    made = await asyncio.gather(loop.create_connection(lambda: c, sock=a, ssl=of_client, server_hostname=name),
                                loop.connect_accepted_socket(lambda: s, b, ssl=of_server), return_exceptions=True)
    return c, s, made

async def main():
    log("-- the client closes")
    c, s, _ = await pair(); log("both created")
    c.t.write(b"ping"); await asyncio.sleep(0); c.t.close(); log("closing", c.t.is_closing()); c.t.write(b"dropped")
    await c.lost; await s.lost
    log("-- the server closes after writing; what it wrote arrives")
    c, s, _ = await pair()
    s.t.write(b"answer"); s.t.writelines([b" and", b" more"]); s.t.close(); s.t.close(); await c.lost; await s.lost
    log("-- abort")
    c, s, _ = await pair()
    c.t.abort(); log("closing", c.t.is_closing()); await c.lost; await s.lost
    log("-- what TLS has not")
    c, s, _ = await pair()
    log("can_write_eof", c.t.can_write_eof())
    try: c.t.write_eof()
    except (NotImplementedError, RuntimeError): log("write_eof refused")
    log("limits", *c.t.get_write_buffer_limits()); c.t.set_write_buffer_limits(1000); log("limits", *c.t.get_write_buffer_limits())
    log("-- reading paused")
    s.t.pause_reading(); log("reading", s.t.is_reading()); c.t.write(b"later"); await asyncio.sleep(.01); log("nothing yet")
    s.t.resume_reading(); log("reading", s.t.is_reading()); await asyncio.sleep(.01); c.t.close(); await c.lost; await s.lost
    log("-- both at once")
    c, s, _ = await pair()
    c.t.close(); s.t.close(); await c.lost; await s.lost
    log("-- another name")
    c, s, made = await pair("magpie.example")
    log(kind(made[0]), isinstance(made[1], OSError))
    log("-- a mistake in data_received")
    asyncio.get_running_loop().set_exception_handler(lambda l, e: log("HANDLER", e["message"], repr(e["exception"])))
    c, s, _ = await pair()
    def fails(d): raise ValueError("in data_received")
    s.data_received = fails; c.t.write(b"x"); await s.lost; await c.lost
asyncio.run(main())
