"""What a study can do without and a real one has: a mail server that takes its mails, a folder for anchors.

Holds what switches them on for a load script. What they are loaded with is the scripts'.
"""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Mails(socketserver.ThreadingTCPServer):
    """A mail server that takes everything."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.taken: list[str] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Take(socketserver.StreamRequestHandler):
    server: Mails

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.taken.append(text.decode(errors="replace"))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 yes\r\n")


@contextmanager
def mail_server() -> Iterator[Mails]:
    """Run a mail server on this machine."""
    with Mails() as mails:
        threading.Thread(target=mails.serve_forever, daemon=True).start()
        yield mails
        mails.shutdown()


def on(home: Path, folder: Path, mail_port: int) -> None:
    """Let the installation mail, and send anchors to another folder."""
    (folder / "elsewhere").mkdir()
    settings = home / "settings.toml"
    lines = [f'mail_server = "127.0.0.1:{mail_port}"', 'mail_from = "study@example.org"']
    lines.append(f'anchor_folder = "{folder / "elsewhere"}"')
    # Before the first table of the file, where there is one.
    text = settings.read_text(encoding="utf-8")
    head, bracket, rest = text.partition("\n[")
    settings.write_text(head + "\n" + "\n".join(lines) + "\n" + bracket + rest, encoding="utf-8")
