import asyncio, sys

def log(*a, **k): print(*a, **k, flush=True)

# S245-S249: return codes, waiting again, communicate with one who does not read, a start that is cancelled
async def main():
    PIPE = asyncio.subprocess.PIPE; DEVNULL = asyncio.subprocess.DEVNULL; STDOUT = asyncio.subprocess.STDOUT
    p = await asyncio.create_subprocess_shell("cat; echo err >&2; exit 7", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    log(await p.communicate(b"x" * 5), p.returncode, await p.wait(), await p.wait())
    p = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    out, err = await p.communicate(b"y" * 1000000); log(len(out), err, p.returncode)
    p = await asyncio.create_subprocess_exec("true", stdin=PIPE, stdout=PIPE)
    log(await p.communicate(b"z" * 1000000), p.returncode)
    p = await asyncio.create_subprocess_shell("echo out; echo err >&2", stdout=PIPE, stderr=STDOUT)
    log(await p.communicate(), p.stdin, p.stderr)
    p = await asyncio.create_subprocess_exec("sleep", "1000", stdin=DEVNULL)
    log("returncode", p.returncode); waits = [asyncio.create_task(p.wait()) for _ in range(2)]; await asyncio.sleep(0)
    p.kill(); log(await waits[0], await waits[1], p.returncode)
    p = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    p.stdin.write(b"one\ntwo\n"); await p.stdin.drain(); log(await p.stdout.readline(), await p.stdout.readline())
    p.stdin.close(); await p.stdin.wait_closed(); log(await p.stdout.read(), p.stdout.at_eof(), await p.wait())
    try: await asyncio.create_subprocess_exec("/there/is/no/such/program")
    except FileNotFoundError as e: log("errno", e.errno)
    t = asyncio.create_task(asyncio.create_subprocess_exec("sleep", "1000", stdin=PIPE, stdout=PIPE)); await asyncio.sleep(0); t.cancel()
    try: await t
    except asyncio.CancelledError: log("cancelled")
asyncio.run(main())
