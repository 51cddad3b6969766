"""A mail server on loopback that speaks TLS and asks for name and password: real sockets, a certificate of our own."""

import socketserver
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conduct import certificates


@dataclass
class Kept:
    """What a server is and what it took.

    authority   whom to trust
    implicit    TLS from the first byte; else STARTTLS
    login       the only name and password it takes; "" where it offers no signing in
    lines       of every mail;  logins   every attempt
    """

    authority: Path
    context: ssl.SSLContext = field(repr=False)
    implicit: bool
    login: str
    address: str = ""
    lines: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def answer(self, verb: str, line: str, *, safe: bool) -> list[str]:
        """Answer one line that is no part of a mail."""
        if verb == "EHLO":
            offers = [] if safe else ["250-STARTTLS"]
            return ["250-here", *offers, *(["250-AUTH PLAIN"] if self.login and safe else []), "250 8BITMIME"]
        if verb == "AUTH":
            self.logins.append("/".join(b64decode(line.split(" ")[2]).decode().split("\0")[1:]))
            return ["235 well" if self.logins[-1] == self.login else "535 no"]
        if verb == "MAIL" and self.login and self.logins[-1:] != [self.login]:
            return ["530 sign in first"]
        return [{"DATA": "354 go on", "STARTTLS": "220 go on", "QUIT": "221 bye"}.get(verb, "250 well")]


class _Talk(socketserver.StreamRequestHandler):
    def setup(self) -> None:
        self.office: Kept = self.server.office  # type: ignore[attr-defined]
        self.safe = self.office.implicit
        if self.safe:
            self.request = self.office.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        # What TLS was wrapped around the server closes itself; the wrapping is ours.
        with suppress(OSError):
            super().finish()
        self.request.close()

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self) -> None:
        self.say("220 here")
        verb = ""
        while verb != "QUIT" and (raw := self.rfile.readline()):
            line = raw.decode().rstrip("\r\n")
            verb = line.upper().partition(" ")[0]
            self.say(*self.office.answer(verb, line, safe=self.safe))
            if verb == "STARTTLS":
                self.request = self.office.context.wrap_socket(self.request, server_side=True)
                self.safe = True
                super().setup()
            if verb == "DATA":
                self.take()

    def take(self) -> None:
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            self.office.lines.append(line)
        self.say("250 kept")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address = True, True

    def handle_error(self, *_: Any) -> None:
        """A client that does not trust us hangs up: that is what is tested."""


@contextmanager
def opened(
    folder: Path,
    *,
    implicit: bool = False,
    names: tuple[str, ...] = ("localhost", "127.0.0.1"),
    days: int = 30,
    login: str = "study/right",
) -> Iterator[Kept]:
    """Run a server whose certificate is in these names and holds for so many days."""
    authority, certificate, key = certificates.make(folder, names=names, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    office = Kept(authority, context, implicit, login)
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.office = office  # type: ignore[attr-defined]
        office.address = f"localhost:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield office
        finally:
            server.shutdown()
            thread.join()
