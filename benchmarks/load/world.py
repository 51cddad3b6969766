"""A study with a million events on either engine, served as a site would: what the load scripts share.

Holds the study, its people's sessions and its server. Nothing here is timed.
"""

import itertools
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zlib import crc32

from equipoise.conduct.config import boot, installation

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
PROTOCOL = ROOT / "protocols" / "frontline.yaml"
SERVERS = {"postgresql": Path("/usr/lib/postgresql/15/bin")}
ITEMS = 250
DIFFERENT = 1_000_000
COOKIE, CSRF = "sessionid", "csrftoken"
START_SECONDS = 60
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
OK = 200


@dataclass(frozen=True)
class Served:
    """A study being served.

    port      where
    cookies   the Cookie header of somebody signed in
    token     the CSRF token that goes with it
    """

    home: Path
    port: int
    cookies: str
    token: str


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server as it comes, fsync and synchronous_commit on;

    yield its administrator's address.
    """
    programs, data = SERVERS["postgresql"], folder / "server"
    data.mkdir(parents=True)
    folder.chmod(0o755)
    account = "postgres" if os.geteuid() == 0 else None
    if account:
        shutil.chown(data, account)

    def run(*words: str | Path) -> None:
        subprocess.run(words, check=True, user=account, stdout=subprocess.DEVNULL, cwd="/")

    options = ["-E", "UTF8", "--locale=C", "-U", "postgres", "--auth=trust"]
    run(programs / "initdb", "-D", data / "data", *options)
    listen = f"-c listen_addresses='' -c shared_buffers=1GB -c max_wal_size=4GB -k {data}"
    run(programs / "pg_ctl", "-D", data / "data", "-w", "-l", data / "log", "-o", listen, "start")
    try:
        yield f"postgresql://postgres@/postgres?host={data}"
    finally:
        run(programs / "pg_ctl", "-D", data / "data", "-m", "immediate", "stop")


def protocol_text() -> str:
    """Return the flagship's protocol with one more log: a form of 250 items of every type."""
    kinds = itertools.cycle(
        (
            'type: code, codes: {"0": None, "1": Some, "2": Much, "3": Most}',
            "type: number, range: [0, 300], decimals: 1",
            "type: code, codes: {a: First, b: Second}",
            "type: date",
            "type: text",
        )
    )
    items = "\n".join(
        f"      - {{id: q{number}, label: Question {number}, {next(kinds)}}}"
        for number in range(1, ITEMS + 1)
    )
    form = f"  - id: big\n    label: A long form\n    filled_by: coordinator\n    items:\n{items}\n"
    text = PROTOCOL.read_text(encoding="utf-8")
    text = text.replace("logs: [adverse_events,", "logs: [big, adverse_events,", 1)
    return text.replace("\neligibility:\n", f"\n{form}\neligibility:\n", 1)


def answers(form: str) -> dict[str, str]:
    """Return 250 answers to the long form; different codes give different answers."""
    number = crc32(form.encode()) % DIFFERENT
    given = ((str(number % 4)), f"{number % 300}.5", "ab"[number % 2], "2026-11-23", f"Some words {number}")
    return {f"q{place}": given[(place - 1) % len(given)] for place in range(1, ITEMS + 1)}


def make(folder: Path, *, administrator: str = "", events: int = 0) -> Path:
    """Set a study up in this process and fill its chain; return its data folder."""
    home, keys = folder / "data" / "home", folder / "secrets" / "keys"
    name = f"load_{secrets.token_hex(3)}"
    installation.lay_out(home, keys=keys, mode="test", administrator=administrator, name=name)
    study = boot.start(home)
    import_module("equipoise.conduct.config.schema").apply(study)
    if events:
        fill(events)
        settle(administrator)
    setting_up = import_module("equipoise.conduct.studies.services")
    at = datetime.now(UTC)
    setting_up.add_version(text=protocol_text(), name="frontline.yaml", at=at, by="system")
    setting_up.set_up(simulated=False, at=at, by="system")
    setting_up.add_site(site="SEA", name="Seattle", time_zone="America/Los_Angeles", at=at, by="system")
    return home


def fill(events: int) -> None:
    """Fill the trial store: events, each with four answers, and the latest of each answer."""
    chain = import_module("chain")
    chain.fill(chain.Chain(), until=events)
    connection = import_module("django.db").connections["default"]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO entry_current (form_id, item, row, entry_id) "
            "SELECT form_id, item, row, id FROM entry"
        )
    if connection.vendor == "postgresql":
        chain.count_on("entry", "entry_current", "form")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def settle(administrator: str) -> None:
    """Let a server tidy up after a million events in two minutes: a study grows over months.

    Without it vacuuming and a checkpoint of all that was filled fall into the minute that is measured.
    """
    if not administrator:
        return
    name = import_module("django.db").connections["default"].settings_dict["NAME"]
    with import_module("psycopg").connect(administrator, dbname=name, autocommit=True) as server:
        server.execute("VACUUM (FREEZE, ANALYZE)")
        server.execute("CHECKPOINT")


def coordinator(*, role: str = "coordinator") -> tuple[object, str, str]:
    """Add a coordinator, or somebody else, who is signed in;

    return the viewer, the Cookie header and the CSRF token.
    """
    people = import_module("equipoise.conduct.accounts.services")
    reads = import_module("equipoise.conduct.accounts.reads")
    sign_in = import_module("equipoise.conduct.accounts.sign_in")
    account_model = import_module("django.apps").apps.get_model("accounts", "Account")
    at = datetime.now(UTC)
    by = "system"
    person = people.add_person(
        name="Ana",
        email=f"{secrets.token_hex(4)}@example.org",
        password=secrets.token_urlsafe(),
        at=at,
        by=by,
    )
    people.grant_role(person=person, role=role, site="SEA", trainings=(), at=at, by=by)
    account = account_model.objects.get(person=person)
    client = import_module("django.test").Client()
    client.force_login(account, backend=BACKEND)
    session = client.session
    sign_in.begin(session, at=at)
    session.save()
    token = secrets.token_hex(16)
    cookies = f"{COOKIE}={client.cookies[COOKIE].value}; {CSRF}={token}"
    return reads.viewer(account, at=at), cookies, token


def signed_in(viewer: object) -> object:
    """Return a client in this process in which somebody is signed in."""
    account = import_module("django.apps").apps.get_model("accounts", "Account")
    client = import_module("django.test").Client(headers={"host": "localhost"})
    client.force_login(account.objects.get(person=viewer.person), backend=BACKEND)
    session = client.session
    import_module("equipoise.conduct.accounts.sign_in").begin(session, at=datetime.now(UTC))
    session.save()
    return client


def get(path: str, viewer: object) -> None:
    """Ask for a page in this process, as somebody; SystemExit when it is refused."""
    answer = signed_in(viewer).get(path)
    if answer.status_code != OK:
        raise SystemExit(f"{path} answered {answer.status_code}")


def enroll(viewer: object) -> str:
    """Enter a participant whose dose was a month ago."""
    services = import_module("equipoise.conduct.capture.services")
    at = datetime.now(UTC)
    name = consented(viewer, at=at)
    services.plan_anchor(participant=name, anchor="dose", date=at.date(), at=at, by=viewer)
    return name


def consented(viewer: object, *, at: datetime, site: str = "SEA") -> str:
    """Let somebody read, understand and sign the consent form, and return the participant they become."""
    services = import_module("equipoise.conduct.consent.services")
    reads = import_module("equipoise.conduct.consent.reads")
    permission = import_module("equipoise.conduct.accounts.permission")
    studies = import_module("equipoise.conduct.studies.reads")
    today = studies.site(site).today(at)
    if not reads.in_force(site, day=today):
        granted = permission.Grant("system_administrator")
        administrator = permission.Viewer("system", "System", (granted,))
        said = [f"[{one.id}] {one.text}." for one in studies.resolved(1).protocol.consent]
        asked = "? Whose choice is it?\n+ Mine\n- Theirs\n= It is yours."
        text = "\n\n".join(["# Taking part\n## What we tell you", *said, asked])
        place = {"site": site, "language": "en", "at": at, "by": administrator}
        number = services.add_version(text=text, **place)
        services.approve(number=number, approved_on=today, effective_from=today, **place)
    token = services.begin(site=site, language="en", at=at, by=viewer)
    services.answer(signing=token, question=1, choice=1, at=at, by=viewer)
    signing = import_module("equipoise.conduct.enrollment.services.consenting")
    participant: str = signing.sign(signing=token, name="Jo Doe", at=at, by=viewer)
    services.countersign(participant=participant, at=at, by=viewer)
    return participant


def open_forms(viewer: object, participant: str, *, form: str, count: int) -> list[str]:
    """Begin so many entries of a log, and return their codes."""
    services = import_module("equipoise.conduct.capture.services")
    at = datetime.now(UTC)
    opened = [
        services.open_form(participant=participant, form=form, repeat=place + 1, at=at, by=viewer)
        for place in range(count)
    ]
    if len(set(opened)) != count:
        raise SystemExit("the same form was opened twice: nothing would be measured")
    return opened


def processors(*roots: int) -> float:
    """Return the seconds of processors that processes and all they started have used so far. Linux only."""
    tick = os.sysconf("SC_CLK_TCK")
    parents, used = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1])
            used[int(path.parent.name)] = sum(int(one) for one in fields[11:13]) / tick
    return sum(used.get(one, 0.0) for one in _descended(parents, roots))


def family(*roots: int) -> set[int]:
    """Return processes and all they started. Linux only."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return _descended(parents, roots)


def _descended(parents: dict[int, int], roots: Iterable[int]) -> set[int]:
    found = set(roots)
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def postmaster(folder: Path) -> int:
    """Return the number of the PostgreSQL server's first process."""
    return int((folder / "server" / "data" / "postmaster.pid").read_text().split()[0])


@contextmanager
def server(home: Path) -> Iterator[int]:
    """Serve a study with `equipoise serve` and yield its port."""
    with serving(home, subprocess.PIPE) as (port, _):
        yield port


@contextmanager
def serving(home: Path, said: Any) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Serve a study with `equipoise serve`, what it says going somewhere; yield its port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "equipoise", "serve", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
    try:
        await_port(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait()


def await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            raise SystemExit(f"the server did not start:\n{said}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the server did not start in time")
