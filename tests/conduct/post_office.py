"""A mail server on loopback, as the fixture `post_office`: its address, and every line of every mail it took."""

import asyncio
import threading
from collections.abc import Iterator

import pytest


class PostOffice(asyncio.Protocol):
    """A mail server on loopback that keeps what it is sent, and refuses whoever has "refused" in the address."""

    def __init__(self, kept: list[str]) -> None:
        self.kept, self.text, self.reading = kept, "", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.say("220 here")

    def say(self, line: str) -> None:
        self.transport.write(f"{line}\r\n".encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.text += data.decode()
        while "\r\n" in self.text:
            line, _, self.text = self.text.partition("\r\n")
            self.answer(line)

    def answer(self, line: str) -> None:
        if self.reading and line == ".":
            self.reading = False
            self.say("250 kept")
        elif self.reading:
            self.kept.append(line)
        elif line.upper().startswith("RCPT") and "refused" in line:
            self.say("550 nobody of that name")
        elif line.upper() == "DATA":
            self.reading = True
            self.say("354 go on")
        else:
            self.say("221 bye" if line.upper() == "QUIT" else "250 well")


@pytest.fixture
def post_office() -> Iterator[tuple[str, list[str]]]:
    kept: list[str] = []
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: PostOffice(kept), "127.0.0.1", 0))
    address = "{}:{}".format(*server.sockets[0].getsockname())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield address, kept
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
