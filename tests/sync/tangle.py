"""A line with every fault of a real one: it cuts, falls silent in one direction, delays, doubles and reorders requests.

It works on connections, one request each, and asks the server itself. A seed plans so many faults, of each kind as many
as of any other; every other request or so meets the next one. When all are met it is a good line. The phone may ask the
line itself how many are still to come (`GET /faults`), so as to go on working until the last.
"""

import asyncio
import random
import socket
import struct
from collections import Counter

from tests.sync.relay import Relay

LINGER_NOT = struct.pack("ii", 1, 0)  # a socket closed with this says RST, not FIN
FATES = (
    "late",  # arrives after a while
    "lost",  # RST before the office hears a word
    "cut_body",  # RST to both in the middle of the request
    "silent_body",  # half open: the rest of the request never comes, answers would; nobody is told
    "silent_answer",  # half open: done, and the answer never comes; nobody is told
    "cut_answer",  # RST in the middle of the answer
    "twice",  # arrives two times at the same moment
    "overtaken",  # RST to the phone; arrives after later requests
)


class Tangle(Relay):
    """`to_come`: the faults planned and not met yet. `met`: how many requests met which fate.

    `waiting`: connections to the office that it has not ended yet. `longest`: of bodies that fell silent, bytes.
    """

    def __init__(self, port: int, seed: int, faults: int, share: float = 0.5) -> None:
        super().__init__(port)
        self.share = share
        self.dice = random.Random(seed)
        self.to_come = [FATES[n % len(FATES)] for n in range(faults)]
        self.dice.shuffle(self.to_come)
        self.met: Counter[str] = Counter()
        self.waiting = 0
        self.longest = 0

    def _draw(self) -> str:
        fate = self.to_come.pop() if self.to_come and self.dice.random() < self.share else "pass"
        self.met[fate] += 1
        return fate

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, whatever it meets."""
        head, body = await _request(reader)
        if head.startswith(b"GET /faults "):
            said = str(len(self.to_come)).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
            await writer.drain()
            return
        await getattr(self, f"_{self._draw()}")(head, body, writer)

    async def _ask(self, head: bytes, body: bytes) -> bytes:
        """The whole request on a connection of its own; the whole answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        self.waiting += 1
        try:
            writer.write(head + body)
            return await reader.read()
        finally:
            self.waiting -= 1
            writer.close()

    async def _pass(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        phone.write(await self._ask(head, body))
        await phone.drain()

    async def _late(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.dice.uniform(0, 0.1))
        await self._pass(head, body, phone)

    async def _lost(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        reset(phone)

    async def _cut_body(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        _, office = await asyncio.open_connection("127.0.0.1", self.upstream)
        office.write(head + body[: self.dice.randrange(max(1, len(body)))])
        await office.drain()
        await asyncio.sleep(0.02)  # what was sent has time to arrive
        reset(office)
        reset(phone)

    async def _silent_body(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        """The office must end this by itself; what it says then does reach the phone, if that still listens."""
        part = body[: self.dice.randrange(max(1, len(body)))]
        self.longest = max(self.longest, len(part))
        phone.write(await self._ask(head, part))
        await phone.drain()

    async def _silent_answer(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        await self._ask(head, body)
        await asyncio.sleep(30)  # the phone gives up long before

    async def _cut_answer(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        answer = await self._ask(head, body)
        phone.write(answer[: self.dice.randrange(max(1, len(answer)))])
        await phone.drain()
        await asyncio.sleep(0.01)
        reset(phone)

    async def _twice(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        answers = await asyncio.gather(self._ask(head, body), self._ask(head, body))
        phone.write(self.dice.choice(answers))
        await phone.drain()

    async def _overtaken(self, head: bytes, body: bytes, phone: asyncio.StreamWriter) -> None:
        reset(phone)
        later, until = self.met.total() + self.dice.randint(1, 3), asyncio.get_running_loop().time() + 1
        while self.met.total() < later and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await self._ask(head, body)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a router does that has forgotten it."""
    end: socket.socket = writer.get_extra_info("socket")
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head (asking for the connection to be closed after the answer) and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
    length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
    body = await reader.readexactly(length)
    return b"\r\n".join([*lines, b"Connection: close", b"", b""]), body
