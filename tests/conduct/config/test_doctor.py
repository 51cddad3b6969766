"""Whatever is set up wrongly is found, with what mends it: each finding here is planted first."""

import itertools
import shutil
import ssl
import threading
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.db import connections
from django.test import override_settings
from tests.conduct import certificates
from tests.conduct.conftest import PROTOCOL
from tests.conduct.people import People
from tests.conduct.safe_post_office import opened

from equipoise.cli import doctor
from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.config import settings
from equipoise.conduct.config.examination import machine, stores, trial
from equipoise.conduct.config.operations import examining
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import clock, ownership, triggers
from equipoise.conduct.studies import services as studies
from equipoise.errors import Problem

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
ROOM = namedtuple("ROOM", "total used free")


@pytest.fixture
def installed(study: Path, tmp_path: Path) -> Settings:
    """The study with keys of its own, everything set that should be."""
    found = settings.read(study)
    keys = tmp_path / "device" / "keys"
    shutil.copytree(found.keys, keys)
    for name in ("backups", "elsewhere"):
        (tmp_path / name).mkdir()
    return replace(
        found, keys=keys, backup_folder=str(tmp_path / "backups"), anchor_folder=str(tmp_path / "elsewhere")
    )


def said(found: Iterator[Problem] | list[Problem]) -> str:
    return "\n".join(str(one) for one in found)


def backed_up(study: Settings, name: str, at: str) -> None:
    folder = Path(study.backup_folder) / name
    folder.mkdir()
    text = '{"format": 1, "at": "%s", "engine": "sqlite", "mode": "test", "counts": {}, "settings": {}}'
    (folder / "manifest.json").write_text(text % at)


# The machine


def test_a_machine_that_is_well_is_told_nothing(
    installed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: ROOM(100_000_000_000, 0, 50_000_000_000))
    backed_up(installed, "one", "2026-11-22T12:00:00.000000Z")
    with opened(tmp_path / "office", login="") as office:
        well = replace(
            installed,
            mail_server=office.address,
            mail_tls="starttls",
            mail_certificates=str(office.authority),
        )
        found = [
            *machine.disk(well),
            *machine.backups(well, at=AT),
            *machine.anchors(well),
            *machine.mail(well),
            *machine.way_in(well, at=AT),
        ]
    assert found == []


@pytest.mark.parametrize(
    ("total", "free", "full"),
    [(100_000_000_000, 9_000_000_000, True), (10_000_000_000, 1_900_000_000, True), (50e9, 6e9, False)],
)
def test_a_disk_that_is_nearly_full(
    installed: Settings, monkeypatch: pytest.MonkeyPatch, total: int, free: int, full: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: ROOM(total, total - free, free))
    assert ("make room" in said(machine.disk(installed))) is full


def test_backups_that_stopped_or_never_began(installed: Settings) -> None:
    assert "there is no backup in" in said(machine.backups(installed, at=AT))
    backed_up(installed, "one", "2026-11-20T09:00:00.000000Z")
    (Path(installed.backup_folder) / "half").mkdir()
    (Path(installed.backup_folder) / "half" / "manifest.json").write_text("{")
    assert "the newest backup is 3 days old" in said(machine.backups(installed, at=AT))
    assert said(machine.backups(replace(installed, backup_days=4), at=AT)) == ""
    assert "no `backup_folder` is set" in said(machine.backups(replace(installed, backup_folder=""), at=AT))


def test_anchors_that_cannot_leave(installed: Settings) -> None:
    assert "anchors go nowhere" in said(machine.anchors(replace(installed, anchor_folder="")))
    assert "there is no folder" in said(machine.anchors(replace(installed, anchor_folder="/nowhere")))
    mailed = replace(installed, anchor_folder="", anchor_mail="safe@example.org")
    assert "anchors cannot be mailed" in said(machine.anchors(mailed))


def test_mail_that_reaches_nobody(
    installed: Settings, tmp_path: Path, post_office: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nobody is told of alerts by mail" in said(machine.mail(installed))
    assert "it does not answer" in said(machine.mail(replace(installed, mail_server="127.0.0.1:9")))
    with opened(tmp_path / "office") as office:
        unknown = replace(installed, mail_server=office.address, mail_tls="starttls")
        assert "its certificate cannot be trusted" in said(machine.mail(unknown))
    monkeypatch.setattr(machine, "LOOPBACK", set())
    plain = replace(installed, mail_server=post_office[0])
    assert "mails leave this machine in plain text" in said(machine.mail(plain))


def test_the_disk_of_a_server_on_this_machine_is_looked_at(
    installed: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looked: list[Path] = []

    def usage(folder: Path) -> ROOM:
        looked.append(folder)
        return ROOM(10, 5, 5e9)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    monkeypatch.setattr(machine, "SERVER_FOLDER", Path("/proc"))
    list(machine.disk(installed))
    assert Path("/proc") not in looked
    for host in ("localhost", "", "127.0.0.1"):
        looked.clear()
        list(machine.disk(replace(installed, trial_database=f"postgresql://run:secret@{host}/trial")))
        assert Path("/proc") in looked
    looked.clear()
    list(machine.disk(replace(installed, trial_database="postgresql://run:secret@db.example.org/trial")))
    assert Path("/proc") not in looked


def test_a_store_that_takes_nothing_is_told_by_those_who_serve() -> None:
    body = b'{"well": false, "stores": {"trial": "takes nothing", "identity": "away"}}'
    assert said(machine._refusing(body)) == (
        "trial: nothing could be written lately (see whether its server's disk is full; the log says how it refused)"
    )
    for other in (b"", b"<html>", b"[]", b'{"stores": 1}'):
        assert said(machine._refusing(other)) == ""


# The way in


@contextmanager
def proxy(folder: Path, statuses: dict[str, int], *, days: int = 30) -> Iterator[tuple[int, Path]]:
    """Serve these statuses by path over TLS, and yield the port and whom to trust."""
    authority, certificate, key = certificates.make(folder, names=("localhost",), days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(statuses.get(self.path, 200))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever does not trust us hangs up."""

    with Quiet(("127.0.0.1", 0), Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1], authority
        finally:
            server.shutdown()
            thread.join()


def public(study: Settings, port: int) -> Settings:
    return replace(
        study,
        hosts=("localhost", "study.example.org"),
        public_url=f"https://localhost:{port}",
        trusted_proxy="127.0.0.1",
    )


MOVED = {"/sign-in/": 301}


@pytest.mark.parametrize(
    ("statuses", "days", "expected"),
    [
        ({}, 60, ""),
        (MOVED, 60, "does not learn that browsers come by https"),
        ({"/sign-in/": 502, "/health/": 502}, 60, "the proxy reaches no study"),
        ({"/sign-in/": 400, "/health/": 400}, 60, "the proxy passes another name on"),
        ({"/sign-in/": 500, "/health/": 503}, 60, "answers 500"),
        ({}, 5, "warning: public_url: the certificate ends on"),
    ],
)
def test_what_is_wrong_with_the_proxy(
    installed: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    statuses: dict[str, int],
    days: int,
    expected: str,
) -> None:
    with proxy(tmp_path / "proxy", statuses, days=days) as (port, authority):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        found = said(machine.way_in(public(installed, port), at=datetime.now(UTC)))
    assert expected in found
    assert bool(found) is bool(expected)


def test_a_certificate_nobody_trusts_and_a_proxy_that_is_away(installed: Settings, tmp_path: Path) -> None:
    with proxy(tmp_path / "proxy", {}) as (port, _):
        assert "browsers do not trust localhost" in said(machine.way_in(public(installed, port), at=AT))
    assert "does not answer" in said(machine.way_in(public(installed, port), at=AT))


def test_settings_of_the_way_in_that_do_not_fit(installed: Settings) -> None:
    there = replace(public(installed, 9), trusted_proxy="")
    assert "no proxy is trusted" in said(machine.way_in(there, at=AT))
    other = replace(there, public_url="https://other.example.org:9")
    assert "`other.example.org` is not among `hosts`" in said(machine.way_in(other, at=AT))
    plain = replace(there, public_url="http://study.example.org")
    assert "links in mails would not be encrypted" in said(machine.way_in(plain, at=AT))
    assert said(machine.way_in(installed, at=AT)) == ""


# The stores


@pytest.mark.both_stores
def test_stores_that_are_well(installed: Settings) -> None:
    assert said(stores.stores(installed)) == ""


@pytest.mark.both_stores
@pytest.mark.parametrize("planted", ["dropped", "altered"])
def test_a_trigger_that_is_missing_or_altered(installed: Settings, engine: str, planted: str) -> None:
    with ownership.as_owner(installed.keys):
        triggers.remove("identity", "event")
        if planted == "altered":
            with connections["identity"].cursor() as cursor:
                cursor.execute(ALTERED[engine])
    expected = "is altered" if planted == "altered" else "is missing"
    assert expected in said(stores.stores(installed))


ALTERED = {
    "sqlite": """
        CREATE TRIGGER event_append_only_delete BEFORE DELETE ON event WHEN OLD.id > 9
        BEGIN SELECT RAISE(ABORT, 'no'); END""",
    "postgresql18": """
        CREATE TRIGGER append_only BEFORE DELETE ON public.event
        FOR EACH STATEMENT EXECUTE FUNCTION public.equipoise_append_only()""",
}


@pytest.mark.both_stores
def test_a_migration_that_waits_is_named_with_the_command(installed: Settings) -> None:
    with ownership.as_owner(installed.keys), connections["allocation"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'allocator'")
    found = said(stores.stores(installed))
    assert "allocation: not applied: allocator.0001_initial" in found
    assert f"`equipoise upgrade --home {installed.home}`" in found
    assert "trial" not in found


@pytest.mark.both_stores
def test_a_running_role_that_owns_its_tables(
    installed: Settings, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "sqlite":
        pytest.skip("on files owner and running role are one")
    with ownership.as_owner(installed.keys):
        assert "the running role owns its tables" in said(stores.stores(installed))


@pytest.mark.both_stores
def test_clocks_that_are_apart(installed: Settings, engine: str) -> None:
    clock.replace_clock(lambda: datetime.now(UTC) + timedelta(seconds=90))
    assert ("seconds off this machine's" in said(stores.stores(installed))) is (engine != "sqlite")


def test_a_store_that_is_away_keeps_nobody_from_hearing_of_the_others(
    installed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connections["identity"].cursor() as cursor:
        cursor.execute("DROP TRIGGER event_append_only_delete")
    connections["allocation"].close()
    monkeypatch.setitem(connections["allocation"].settings_dict, "NAME", "/nowhere/at/all")
    found = said(examining.examine(installed, at=AT))
    assert "allocation: the store does not answer: unable to open database file (start it" in found
    assert "the trigger event_append_only_delete is missing" in found
    assert "people, sites and places were not looked at" in found


# The trial


@pytest.fixture
def begun(installed: Settings) -> Settings:
    """A study that is set up, with a list and a site at which nobody works."""
    text = PROTOCOL.read_text(encoding="utf-8")
    version = studies.add_version(text=text, name=PROTOCOL.name, at=AT, by="system")
    studies.set_up(simulated=True, at=AT, by="system")
    allocator.draw_list(version=version, at=AT, by="system", length=30)
    studies.add_site(site="SEA", name="Seattle", time_zone="America/Los_Angeles", at=AT, by="system")
    return installed


def trial_said(study: Settings) -> str:
    return said(trial.trial(study, at=AT))


def test_stores_without_a_study(installed: Settings) -> None:
    assert "no study is set up in the stores" in trial_said(installed)


def test_a_study_without_sites_or_list(installed: Settings) -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    studies.add_version(text=text, name=PROTOCOL.name, at=AT, by="system")
    studies.set_up(simulated=True, at=AT, by="system")
    assert "there is no site yet" in trial_said(installed)
    assert "no allocation list was drawn" in trial_said(installed)


def test_a_site_at_which_nobody_works_or_may_consent(begun: Settings) -> None:
    found = trial_said(begun)
    assert "SEA: nobody works there" in found
    assert "SEA: has no approved consent form" in found


def test_roles_that_the_protocol_needs_and_nobody_holds(begun: Settings, people: People) -> None:
    people.add("coordinator")
    found = trial_said(begun)
    assert "nobody works there" not in found
    assert "no investigator or on-call physician is there to be told of" in found
    assert "no pharmacist is there to do kit.dispense" in found
    assert "no rater is there to fill madrs" in found
    assert "coordinator is there" not in found
    for role in ("investigator", "facilitator", "session_monitor", "rater", "pharmacist"):
        people.add(role)
    assert " is there to " not in trial_said(begun)


def test_a_site_under_no_version_yet(begun: Settings) -> None:
    early = said(trial.trial(begun, at=AT - timedelta(days=2)))
    assert "SEA: works under no protocol version" in early


def test_trainings_that_people_lack(begun: Settings, people: People) -> None:
    resolved = trial.studies.resolved(1)
    wanted = {role for one in resolved.protocol.training for role in one.roles}
    for role in sorted(wanted):
        people.add(role)
    found = trial_said(begun)
    assert all(f"lack the training {one.id}" in found for one in resolved.protocol.training)
    assert "Facilitator" not in found


def test_what_was_cut_off_between_two_stores(begun: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial.randomizing, "open_requests", lambda: ("FRONTLINE-SEA-001",))
    found = trial_said(begun)
    assert "1 acts in two stores were cut off (`equipoise reconcile`" in found
    assert "FRONTLINE-SEA-001" not in found


def test_a_list_that_is_nearly_used_up(begun: Settings) -> None:
    assert "places are left" not in trial_said(begun)
    for number in itertools.count(1):
        if (trial.allocator.room(trial.allocator.current().strata[0]) or 0) <= 3:
            break
        allocator.assign(
            participant=f"FRONTLINE-SEA-{number:03}", levels={}, request="0" * 64, at=AT, by="system"
        )
    assert "3 places are left of the list" in trial_said(begun)


def test_anchors_that_stopped_leaving(begun: Settings) -> None:
    assert "no anchor has left this machine yet" in trial_said(begun)
    assert "no anchor has left" not in trial_said(replace(begun, anchor_folder=""))


# The command


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with room, whatever this machine's has."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: ROOM(100_000_000_000, 0, 50_000_000_000))


def asked(home: Path) -> Result:
    return CliRunner().invoke(doctor.command, ["--home", str(home)])


@pytest.mark.usefixtures("roomy")
def test_everything_is_said_at_once_and_the_exit_code_tells_errors_from_warnings(study: Path) -> None:
    result = asked(study)
    assert "warning: anchor_folder: anchors go nowhere" in result.output
    assert "error: study: no study is set up in the stores" in result.output
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith("1 errors, ")
    with (study / settings.FILE).open("a") as file:
        file.write('mail_tls = "ssl"\nnonsense = 1\n')
    result = asked(study)
    assert result.exit_code == 1
    assert "`ssl` is no way to encrypt" in result.output
    assert "there is no setting `nonsense`" in result.output


@pytest.mark.usefixtures("roomy")
def test_warnings_alone_leave_with_nothing(
    begun: Settings, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.settings, "read", lambda _: replace(begun, backup_folder=""))
    result = asked(begun.home)
    assert result.exit_code == 0, result.output
    assert "0 errors, " in result.output


@pytest.mark.usefixtures("roomy")
def test_keys_that_others_can_read_or_that_lie_beside_the_data(
    installed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installed.keys / "trial.key").chmod(0o644)
    (installed.keys / "identity.key").write_text("00" * 32)
    monkeypatch.setattr(doctor.settings, "read", lambda _: installed)
    result = asked(installed.home)
    assert "others can read" in result.output
    assert "identity.key was not drawn by chance" in result.output
    assert "no study is set up in the stores" in result.output
    beside = replace(installed, keys=Path(shutil.copytree(installed.keys, installed.home / "keys")))
    monkeypatch.setattr(doctor.settings, "read", lambda _: beside)
    assert "beside the data" in asked(installed.home).output


def test_debug_is_named(installed: Settings) -> None:
    with override_settings(DEBUG=True):
        assert "DEBUG is on" in said(stores.stores(installed))
