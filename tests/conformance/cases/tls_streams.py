import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S218, S228, S230: streams over TLS, from the beginning and from the middle
import os, ssl, subprocess, tempfile
pem = subprocess.run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=jackdaw.example"
                     " -addext subjectAltName=DNS:jackdaw.example -keyout -".split(), capture_output=True, text=True, check=True).stdout
of_client = ssl.create_default_context(cadata=pem)
of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
with tempfile.NamedTemporaryFile("w") as f: f.write(pem); f.flush(); of_server.load_cert_chain(f.name)
NAME = "jackdaw.example"

async def main():
    async def echo(r, w):
        log("server: connected", w.get_extra_info("ssl_object") is not None)
        while line := await r.readline():
            if line == b"STARTTLS\n":
                w.write(b"go\n"); await w.start_tls(of_server); log("server: upgraded", w.get_extra_info("ssl_object") is not None); continue
            log("server: got", line); w.write(line.upper()); await w.drain()
        log("server: end", r.at_eof(), w.is_closing()); w.close(); await w.wait_closed(); log("server: done")
    for secure in (True, False):
        log("-- ssl", secure)
        s = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=of_server if secure else None)
        addr = s.sockets[0].getsockname()
        r, w = await asyncio.open_connection(*addr, ssl=of_client if secure else None, server_hostname=NAME if secure else None)
        log("client: connected", w.get_extra_info("ssl_object") is not None, w.can_write_eof())
        if not secure:
            w.write(b"STARTTLS\n"); log("client: got", await r.readline())
            await w.start_tls(of_client, server_hostname=NAME); log("client: upgraded", w.can_write_eof())
        for word in (b"one\n", b"two\n"):
            w.write(word); log("client: got", await r.readline())
        w.writelines([b"th", b"ree\n"]); await w.drain(); log("client: got", await r.readexactly(6))
        w.close(); log("client: closing", w.is_closing()); await w.wait_closed(); log("client: rest", await r.read(), r.at_eof())
        s.close(); await s.wait_closed(); log("server closed")
        await asyncio.sleep(.01)
    log("-- a server that speaks first and ends")
    async def greet(r, w): w.write(b"hello and good-bye"); w.close()
    s = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=of_server)
    r, w = await asyncio.open_connection(*s.sockets[0].getsockname(), ssl=of_client, server_hostname=NAME)
    log("client: got", await r.read(), "closing", w.is_closing()); await w.wait_closed(); s.close(); await s.wait_closed(); log("done")
asyncio.run(main())
