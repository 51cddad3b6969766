"""The machine: secrets, room on the disk, backups, anchors, mail, and the way in through the proxy.

Holds what can be looked at without a database. Refuses to send anything but a greeting to the mail server and
two questions to the study's own address.
"""

import http.client
import json
import os
import shutil
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from equipoise.conduct.audit.instants import moment
from equipoise.conduct.config import restoration
from equipoise.conduct.config.health import FULL
from equipoise.conduct.config.operations import mailing
from equipoise.conduct.config.operations.mailing import MailServerError
from equipoise.conduct.config.settings import LOOPBACK, Settings
from equipoise.conduct.stores.addresses import SQLITE, parts
from equipoise.conduct.stores.keys import account
from equipoise.errors import Problem, RecordError

LEAST_FREE_SHARE = 0.1
LEAST_FREE_BYTES = 2_000_000_000
"""Room for a backup's scratch files and for what a store writes before somebody reads the finding."""
SERVER_FOLDER = Path("/var/lib/postgresql")
"""Where Debian's PostgreSQL keeps its data."""
CERTIFICATE_DAYS = 14
ANSWER_SECONDS = 10
HTTPS_PORT = 443


def disk(study: Settings) -> Iterator[Problem]:
    """Yield a problem for each folder whose disk is nearly full."""
    folders = {
        "home": study.home,
        "keys": study.keys,
        "backup_folder": Path(study.backup_folder or study.home),
        "stores": SERVER_FOLDER if _is_here(study) else study.home,
    }
    seen: set[int] = set()
    for name, folder in folders.items():
        if not folder.is_dir() or folder.stat().st_dev in seen:
            continue
        seen.add(folder.stat().st_dev)
        total, _, free = shutil.disk_usage(folder)
        if free < LEAST_FREE_BYTES or free < LEAST_FREE_SHARE * total:
            said = f"the disk of {folder} has {free / 1e9:.1f} GB left of {total / 1e9:.1f} GB"
            yield Problem(said, "make room: a full disk takes no more answers", name)


def _is_here(study: Settings) -> bool:
    """Whether a store's PostgreSQL is on this machine."""
    hosts = {parts(one)["HOST"] for one in study.databases.values() if one != SQLITE}
    return any(host in LOOPBACK or not host or host.startswith("/") for host in hosts)


def folders(study: Settings) -> Iterator[Problem]:
    """Yield a problem for each folder, and each lock file, that this account may not write to."""
    named = {
        "home": str(study.home),
        "backup_folder": study.backup_folder,
        "anchor_folder": study.anchor_folder,
    }
    for name, folder in named.items():
        if folder and Path(folder).is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            hint = f"give it to `{account()}`, and see that its disk is not mounted for reading only"
            yield Problem(f"nothing can be written to {folder}", hint, name)
    for path in sorted(study.home.glob("*.lock")):
        if not os.access(path, os.W_OK):
            hint = f"chown {account()} {path}"
            yield Problem(f"{path.stem} waits, as {path} cannot be opened", hint, "home")


def backups(study: Settings, *, at: datetime) -> Iterator[Problem]:
    """Yield a problem when there is no backup, or the newest is too old."""
    hint = f"`equipoise backup --home {study.home}`, from a timer, every day"
    if not study.backup_folder:
        yield _warning("no `backup_folder` is set: nobody notices when backups stop", hint, "backup_folder")
        return
    taken = [_taken(folder) for folder in Path(study.backup_folder).glob(f"*/{restoration.MANIFEST}")]
    newest = max((one for one in taken if one is not None), default=None)
    if newest is None:
        yield Problem(f"there is no backup in {study.backup_folder}", hint, "backup_folder")
    elif at - newest > timedelta(days=study.backup_days):
        days = (at - newest).days
        yield Problem(f"the newest backup is {days} days old", hint, "backup_folder")


def _taken(manifest: Path) -> datetime | None:
    try:
        return moment(restoration.read(manifest.parent).at)
    except (RecordError, ValueError):
        return None


def anchors(study: Settings) -> Iterator[Problem]:
    """Yield a problem where no anchor can leave the machine."""
    if not study.anchor_folder and not study.anchor_mail:
        hint = "set `anchor_folder` (a folder of another machine) or `anchor_mail`"
        yield _warning("anchors go nowhere: a chain cut back would look whole", hint, "anchor_folder")
    elif study.anchor_folder and not Path(study.anchor_folder).is_dir():
        yield Problem(f"there is no folder {study.anchor_folder}", "mount or make it", "anchor_folder")
    if study.anchor_mail and not study.mail_server:
        yield Problem("anchors cannot be mailed", "set `mail_server`", "anchor_mail")


def mail(study: Settings) -> Iterator[Problem]:
    """Yield a problem when nobody can be told anything by mail."""
    if not study.mail_server:
        hint = "set `mail_server`, `mail_tls`, `mail_user` and `mail_from`"
        yield _warning("no mail is sent: nobody is told of alerts by mail", hint, "mail_server")
        return
    if study.mail_tls == "none" and study.mail_host not in LOOPBACK:
        yield _warning("mails leave this machine in plain text", "set `mail_tls`", "mail_tls")
    try:
        with mailing.connected(study):
            pass
    except MailServerError as error:
        yield Problem(str(error), "", "mail_server")


def way_in(study: Settings, *, at: datetime) -> Iterator[Problem]:
    """Yield what is wrong between a browser and the study: names, proxy, certificate, forwarded headers."""
    if not study.public:
        return
    if not study.trusted_proxy:
        hint = "set it to the address the proxy connects from, such as 127.0.0.1"
        yield Problem("no proxy is trusted: nobody gets past the switch to https", hint, "trusted_proxy")
    parts = urlsplit(study.link)
    if parts.scheme != "https":
        yield Problem("links in mails would not be encrypted", "begin it with https://", "public_url")
        return
    if parts.hostname not in study.hosts:
        yield Problem(f"`{parts.hostname}` is not among `hosts`", "add it", "hosts")
    yield from _asked(parts.hostname or "", parts.port or HTTPS_PORT, at=at)


def _asked(host: str, port: int, *, at: datetime) -> Iterator[Problem]:
    """Ask for two pages as a browser would, and yield what is wrong with the answers."""
    context = ssl.create_default_context()
    try:
        connection = http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=context)
        connection.request("GET", "/health/")
        yield from _ending(connection, at=at)
        health = connection.getresponse()
        yield from _refusing(health.read())
        connection.request("GET", "/sign-in/")
        page = connection.getresponse()
        page.read()
        connection.close()
    except ssl.SSLCertVerificationError as error:
        hint = "see that the proxy's certificate is in date, in this name, and sent with its chain"
        yield Problem(f"browsers do not trust {host}: {error.verify_message}", hint, "public_url")
        return
    except (OSError, http.client.HTTPException) as error:
        hint = "see that the proxy runs and the name leads to this machine"
        yield Problem(f"{host}:{port} does not answer ({type(error).__name__})", hint, "public_url")
        return
    yield from _answered(health.status, page.status)


def _refusing(body: bytes) -> Iterator[Problem]:
    """Yield a problem for each store that took nothing lately, as the processes that serve know."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        refusing = [store for store, state in json.loads(body)["stores"].items() if state == FULL]
        for store in refusing:
            hint = "see whether its server's disk is full; the log says how it refused"
            yield Problem("nothing could be written lately", hint, str(store))


def _answered(health: int, page: int) -> Iterator[Problem]:
    gateway = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
    if page in gateway:
        yield Problem(
            "the proxy reaches no study", "start `equipoise serve`, on the proxy's port", "public_url"
        )
    elif page == HTTPStatus.BAD_REQUEST:
        yield Problem("the proxy passes another name on", "let it pass the header Host", "hosts")
    elif page in {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}:
        hint = "let the proxy set X-Forwarded-Proto, and `trusted_proxy` be its address"
        yield Problem("the study does not learn that browsers come by https", hint, "trusted_proxy")
    elif HTTPStatus.OK not in (health, page):
        yield Problem(f"the study answers {page} to who wants to sign in", "see its log", "public_url")


def _ending(connection: http.client.HTTPSConnection, *, at: datetime) -> Iterator[Problem]:
    """Yield a warning when the certificate ends soon."""
    shown = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
    if shown and "notAfter" in shown:
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
        if ends - at < timedelta(days=CERTIFICATE_DAYS):
            yield _warning(f"the certificate ends on {ends:%Y-%m-%d}", "renew it", "public_url")


def _warning(message: str, hint: str, path: str) -> Problem:
    return Problem(message, hint, path, severity="warning")
