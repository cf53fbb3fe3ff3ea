"""asyncio, or uvloop with the argument "uvloop": echo by a protocol per connection, or by streams with "streams".

With "http": replies that are always the same, as many as there are blank lines. With "udp": datagrams.
"""

import asyncio
import sys

BODY = b"Hello, World!\n"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Responder(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.rest = b""

    def data_received(self, data):
        if self.rest:
            data = self.rest + data
        if replies := data.count(b"\r\n\r\n"):
            self.transport.write(REPLY * replies)
        self.rest = data[data.rfind(b"\r\n\r\n") + 4:] if replies else data


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        self.transport.sendto(data, sender)


async def echo(reader, writer):
    while data := await reader.read(2048):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve():
    loop = asyncio.get_running_loop()
    if "udp" in sys.argv:
        transport, _ = await loop.create_datagram_endpoint(Datagrams, local_addr=("0.0.0.0", 0))
        print(transport.get_extra_info("sockname")[1], flush=True)
        await loop.create_future()
    if "streams" in sys.argv:
        server = await asyncio.start_server(echo, "0.0.0.0", 0, backlog=4096)
    else:
        protocol = Responder if "http" in sys.argv else Echo
        server = await loop.create_server(protocol, "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if "uvloop" in sys.argv:
    import uvloop
    uvloop.install()
asyncio.run(serve())
