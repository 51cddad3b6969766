"""A stand-in for systemctl: does what unit files in a folder say, in this account, without root.

Called as `systemctl.py FOLDER VERB [--now] [UNIT]`. Refuses what a unit file does not say.
"""

import configparser
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

SECONDS = 30


def unit(folder: Path, name: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None, strict=False)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    path = folder / "etc/systemd/system" / name
    if not found.read(path):
        sys.exit(f"there is no unit {name}")
    return found


def start(folder: Path, name: str) -> int:
    service = unit(folder, name)["Service"]
    pairs = [one.partition("=")[::2] for one in shlex.split(service.get("Environment", ""))]
    words = shlex.split(service["ExecStart"])
    environment = {**os.environ, **dict(pairs)}
    with (folder / "run" / f"{name}.log").open("a") as log:
        process = subprocess.Popen(
            words, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    if service.get("Type") == "oneshot":
        return process.wait()
    (folder / "run" / f"{name}.pid").write_text(str(process.pid))
    return 0


def stop(folder: Path, name: str) -> int:
    path = folder / "run" / f"{name}.pid"
    pid = int(path.read_text())
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + SECONDS
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        with suppress(FileNotFoundError):
            if "State:\tZ" in Path(f"/proc/{pid}/status").read_text():
                break
        time.sleep(0.05)
    path.unlink()
    return 0


def main(folder: Path, verb: str, *words: str) -> int:
    names = [one for one in words if not one.startswith("--")]
    if verb == "daemon-reload":
        return 0
    (name,) = names
    if name.endswith(".timer"):
        unit(folder, name)["Timer"]["OnCalendar"]
        unit(folder, name.replace(".timer", ".service"))
        return 0
    return stop(folder, name) if verb == "stop" else start(folder, name)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
