import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S228, S230, S231, S240: a server of streams and two clients, turn by turn
async def main():
    handlers = []
    async def handler(r, w):
        n = len(handlers); handlers.append(asyncio.current_task().get_name()); log("handler", n)
        while line := await r.readline():
            log("handler", n, "got", line); w.write(line.upper()); await w.drain()
        log("handler", n, "end of stream", r.at_eof()); w.close(); log("handler", n, "closing", w.is_closing()); await w.wait_closed(); log("handler", n, "done")
    s = await asyncio.start_server(handler, "127.0.0.1", 0)
    log("serving", s.is_serving(), len(s.sockets))
    async def client(n):
        r, w = await asyncio.open_connection(*addr); log("client", n, "connected")
        for word in (b"one\n", b"two\n"):
            w.write(word); log("client", n, "got", await r.readline())
        w.write_eof(); log("client", n, "rest", await r.read()); w.close(); await w.wait_closed(); log("client", n, "done")
    addr = s.sockets[0].getsockname()
    await client(0)
    t = asyncio.create_task(client(1)); await asyncio.sleep(0); s.close(); log("server closed; sockets", len(s.sockets), "serving", s.is_serving())
    try: await t
    except ConnectionError as e: log("client 1", type(e).__name__)
    await s.wait_closed(); log("wait_closed", handlers)
    try: await s.serve_forever()
    except RuntimeError: log("closed server cannot serve")
asyncio.run(main())
