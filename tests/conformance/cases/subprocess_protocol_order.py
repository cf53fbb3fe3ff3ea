import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# connection_made first and connection_lost last; in between each kind in its own order, whatever the kernel's
class P(asyncio.SubprocessProtocol):
    def __init__(s, name): s.name = name; s.data = b""; s.lost = []; s.exited = False; s.made = False; s.done = asyncio.get_running_loop().create_future()
    def connection_made(s, t): s.made = True; log(s.name, "connection_made; pipes", [fd for fd in range(3) if t.get_pipe_transport(fd) is not None])
    def pipe_data_received(s, fd, d): assert s.made; s.data += d
    def pipe_connection_lost(s, fd, e): s.lost.append((fd, e))
    def process_exited(s): assert s.made; s.exited = True
    def connection_lost(s, e): log(s.name, "connection_lost", e, "exited", s.exited, "after pipes", sorted(fd for fd, _ in s.lost), s.data); s.done.set_result(0)

async def main():
    loop = asyncio.get_running_loop(); PIPE = asyncio.subprocess.PIPE; DEVNULL = asyncio.subprocess.DEVNULL
    t, p = await loop.subprocess_exec(lambda: P("echo"), "echo", "hi"); log("returned"); await p.done
    log("returncode", t.get_returncode(), "closing", t.is_closing()); t.close(); log("closing", t.is_closing())
    t, p = await loop.subprocess_exec(lambda: P("true"), "true", stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL); await p.done; log("returncode", t.get_returncode())
    t, p = await loop.subprocess_shell(lambda: P("cat"), "cat; exit 3"); i = t.get_pipe_transport(0)
    i.write(b"all of it"); i.write_eof(); log("input closing", i.is_closing(), "returncode", t.get_returncode()); await p.done; log("returncode", t.get_returncode())
    t, p = await loop.subprocess_exec(lambda: P("kill"), "sleep", "1000"); t.close(); t.close(); await p.done; log("returncode", t.get_returncode())
    t, p = await loop.subprocess_exec(lambda: P("term"), "sleep", "1000"); t.terminate(); await p.done; log("returncode", t.get_returncode())
    try: t.kill()
    except ProcessLookupError: log("gone")
    t.close()
asyncio.run(main())
