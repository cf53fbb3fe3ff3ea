"""asyncio, or uvloop with the argument "uvloop": a protocol per connection, or streams with "streams"."""

import asyncio
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def echo(reader, writer):
    while data := await reader.read(2048):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve():
    if "streams" in sys.argv:
        server = await asyncio.start_server(echo, "0.0.0.0", 0, backlog=4096)
    else:
        server = await asyncio.get_running_loop().create_server(Echo, "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if "uvloop" in sys.argv:
    import uvloop
    uvloop.install()
asyncio.run(serve())
