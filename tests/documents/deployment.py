"""The stage on which the page on deploying is played: a machine's folders inside one, real servers, few stand-ins.

Real are the commands of equipoise, bash, psql, pg_dump, nginx, curl, openssl, PostgreSQL with passwords and the mail
server with TLS. Stand-ins, since a test may not change its machine: apt-get, adduser, sudo (runs what follows),
python3 -m venv and pip (this very program), the owner's name in `install`, and systemctl, which runs what units say.
"""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "deploy.md"
FENCE = re.compile(r"(?P<before>[^\n]*(?:\n[^\n]+)*)\n\n```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.M | re.S)
NAMED = re.compile(r"`(/[^`]+)`")
NAME = "127.0.0.2"
"""Stands for the study's public name: leads to this machine and is none of its loopback names."""
FOLDERS = ("/opt", "/srv", "/etc", "/var/backups", "/mnt", "/media", "/usr/local/bin")
BLOCK_SECONDS = 300


@dataclass(frozen=True)
class Block:
    """A fenced block, and the file that the sentence before it names."""

    kind: str
    body: str
    path: str


def blocks() -> list[Block]:
    """Return the page's blocks in order."""
    return [
        Block(one["kind"], one["body"], (NAMED.findall(one["before"]) or [""])[-1])
        for one in FENCE.finditer(PAGE.read_text(encoding="utf-8"))
    ]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Stage:
    """A machine inside a folder.

    words   what is read otherwise on the page: the machine's names, ports and addresses
    """

    folder: Path
    environment: dict[str, str]
    words: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def told(self, text: str) -> str:
        """Return a block as this machine needs it."""
        for old, new in self.words.items():
            text = text.replace(old, new)
        for one in FOLDERS:
            text = re.sub(rf"(?<![\w/.}}]){one}(?=[/\s'\"]|$)", f"{self.folder}{one}", text, flags=re.M)
        return text

    def place(self, path: str) -> Path:
        """Return where a file of the page lies here."""
        return self.folder / path.lstrip("/")

    def write(self, block: Block) -> None:
        """Write a block into the file that the page names."""
        path = self.place(block.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.told(block.body), encoding="utf-8")

    def run(self, body: str) -> str:
        """Run a block as one goes on in the same shell; fail on the first command that does."""
        kept = self.folder / "shell"
        kept.touch()
        script = f"set -euo pipefail\nsource {kept}\n{self.told(body)}\nexport -p > {kept}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            env=self.environment,
            cwd=self.folder / "work",
            capture_output=True,
            text=True,
            check=False,
            timeout=BLOCK_SECONDS,
        )
        self.said.append(done.stdout + done.stderr)
        assert done.returncode == 0, f"{body}\n{done.stdout}{done.stderr}{self.logged()}"
        return done.stdout

    def logged(self) -> str:
        """Return what services wrote."""
        return "".join(one.read_text() for one in (self.folder / "run").glob("*.log"))

    def stop(self) -> None:
        """Stop whatever still runs."""
        for pid in (self.folder / "run").glob("*.pid"):
            try:
                os.kill(int(pid.read_text()), 15)
            except (ProcessLookupError, ValueError):
                continue


def stage(folder: Path, **environment: str) -> Stage:
    """Return a machine with its stand-ins and nothing on it."""
    for name in (
        "bin",
        "run",
        "work",
        "mnt/elsewhere/anchors",
        "usr/local/bin",
        "media/safe",
        "etc/ssl/study",
    ):
        (folder / name).mkdir(parents=True)
    path = os.pathsep.join([str(folder / "bin"), str(folder / "usr/local/bin"), environment.pop("PATH")])
    made = Stage(
        folder,
        {
            "PATH": path,
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT / "src"),
            "LANG": "C.UTF-8",
            **environment,
        },
    )
    for name, text in stand_ins(folder).items():
        file = folder / "bin" / name
        file.write_text(text)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return made


def stand_ins(folder: Path) -> dict[str, str]:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    main = folder / "etc/nginx/nginx.conf"
    return {
        "apt-get": "#!/bin/sh\n",
        "adduser": "#!/bin/sh\n",
        "sudo": '#!/bin/sh\ntest "$1" = -u && shift 2\nexec "$@"\n',
        "install": '#!/bin/sh\nfor w; do shift; case "$w" in -o|-g) skip=1;; *) '
        'if [ -n "$skip" ]; then skip=; else set -- "$@" "$w"; fi;; esac; done\nexec /usr/bin/install "$@"\n',
        "python3": f'#!/bin/sh\ntest "$1 $2" = "-m venv" || exit 2\nmkdir -p "$3/bin"\n'
        f'printf \'#!/bin/sh\\nexec {sys.executable} -m equipoise "$@"\\n\' > "$3/bin/equipoise"\n'
        'printf \'#!/bin/sh\\necho "$@" >> "$0.called"\\n\' > "$3/bin/pip"\nchmod +x "$3"/bin/*\n',
        "nginx": f'#!/bin/sh\nif [ "$1" = -s ] && ! [ -s {folder}/run/nginx.pid ]; then shift 2; fi\n'
        f'exec {nginx} -c {main} "$@"\n',
        "systemctl": f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("systemctl.py")} {folder} "$@"\n',
    }
