"""What is seen beside pages: mails and their receipts, exports, what commands say, failures, and the stores themselves.

Each is compared between the same worlds as the pages are.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections
from tests.blinding.making import LOOKED_AT, OTHER, THIS, Pair
from tests.blinding.test_planted_leaks import arm_of
from tests.blinding.tour import BROAD, Visitor, differences, listening, told
from tests.blinding.worlds import Worlds

from equipoise.conduct.allocator.models import Assignment
from equipoise.conduct.capture import dataset
from equipoise.conduct.capture.models import AlertMail
from equipoise.conduct.config import settings
from equipoise.conduct.config.databases import STORES_FOLDER
from equipoise.conduct.config.operations import (
    alerting,
    applications,
    breaking,
    examining,
    exporting,
    mailing,
    reconciling,
    verifying,
)
from equipoise.conduct.identity.services import applicants
from equipoise.conduct.unblinding.models import CodeBreakMail

Around = Callable[[Pair], AbstractContextManager[None]]
PAGES = ("/", "/participants/", "/participants/{one}/", "/participants/{two}/", "/audit/", "/alerts/")
OF_ARMS = (
    "/participants/{one}/randomization/",
    "/participants/{one}/code-break/",
    "/participants/{one}/unblinding/",
)
OF_ARMS += ("/participants/{one}/arm/", "/code-break/", "/tasks/", "/downtime/", "/exposures/", "/health/")


def seen(pair: Pair, who: str, addresses: tuple[str, ...], *, around: Around) -> list[dict[str, bytes]]:
    """Return what somebody is answered at some addresses in each world, while something is wrong."""
    found = []
    for name in (THIS, OTHER):
        pair.ground.bring(pair.prefix + name)
        with pair.chance.held():
            pair.chance.at = LOOKED_AT
            visitor = Visitor(who, pair.scenes[name], known=pair.known, chance=pair.chance)
            with around(pair), listening(visitor.said):
                for address in addresses:
                    there = address.format(**pair.scenes[THIS].named)
                    visitor.ask(there)
                    visitor.send(there, {"reason": "x"}, place=0, route="")
        found.append(visitor.seen)
    assert not (apart := differences(*found)), told(apart)
    return [one.answers for one in found]


def statuses(answers: dict[str, bytes]) -> set[bytes]:
    """Return the statuses among answers."""
    return {answer[:3] for answer in answers.values()}


@contextmanager
def broken(_: Pair) -> Iterator[None]:
    """Let what pages read fail with an error that names an arm."""

    def fails(*_: object, **__: object) -> None:
        names = Assignment.objects.order_by("id").values_list("participant", flat=True)
        raise RuntimeError(f"cannot draw {arm_of(names[0])}")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("home", "participants", "timeline", "alerts"):
            patch.setattr(f"equipoise.conduct.capture.reads.{name}", fails)
        yield


@contextmanager
def away(pair: Pair) -> Iterator[None]:
    """Take the allocation store away."""
    store = pair.ground.home / STORES_FOLDER / "allocation.sqlite3"
    connections["allocation"].close()
    kept = store.rename(store.with_suffix(".away"))
    yield
    connections["allocation"].close()
    store.unlink(missing_ok=True)
    kept.rename(store)


@contextmanager
def all_away(_: Pair) -> Iterator[None]:
    """Let no store answer once somebody is signed in."""

    def fails(*_: object, **__: object) -> None:
        raise OperationalError("no store")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("home", "participants", "timeline"):
            patch.setattr(f"equipoise.conduct.capture.reads.{name}", fails)
        yield


@pytest.mark.parametrize(
    ("around", "addresses", "status"),
    [(broken, PAGES, b"500"), (all_away, PAGES, b"503"), (away, OF_ARMS, b"200")],
)
def test_a_failure_says_the_same_whatever_the_arm(
    worlds: Worlds, around: Around, addresses: tuple[str, ...], status: bytes
) -> None:
    one, _ = seen(worlds("sqlite", "arms"), BROAD, addresses, around=around)
    assert status in statuses(one)


def test_a_request_that_cannot_be_read_says_the_same(worlds: Worlds) -> None:
    odd = ("/participants/%00/", "/forms/" + "a" * 4_000 + "/", "/audit/?before=%ff", "/find/?q=%00")
    one, _ = seen(worlds("sqlite", "arms"), BROAD, odd, around=lambda _: nullcontext())
    assert statuses(one) & {b"400", b"404"}


def test_a_planted_error_page_that_repeats_its_error_is_found(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = "equipoise.conduct.config.errors._tell_log"

    def telling(request: Any, error: BaseException | None, *, away: bool) -> None:
        mailing.log.error("%s %s", error, away)

    monkeypatch.setattr(plain, telling)
    with pytest.raises(AssertionError, match="cannot draw"):
        seen(worlds("sqlite", "arms"), BROAD, PAGES, around=broken)


def posted(pair: Pair, name: str) -> list[bytes]:
    """Return every mail that waits in a world, and the receipts it leaves."""
    sent: list[bytes] = []

    class Server:
        def send_message(self, message: EmailMessage) -> None:
            sent.append(message.as_bytes())

    @contextmanager
    def connected(_: object) -> Iterator[Server]:
        yield Server()

    pair.ground.bring(pair.prefix + name)
    with pair.chance.held(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(mailing, "connected", connected)
        pair.chance.at = LOOKED_AT
        pair.chance.begin("post")
        study = settings.read(pair.ground.home)
        applicants.decide(
            [pair.scenes[name].named["applicant"]],
            decision="declined",
            reason="E7",
            at=LOOKED_AT,
            by="system",
        )
        alerting.send(study, at=LOOKED_AT)
        breaking.send(study, at=LOOKED_AT)
        applications.send_letters(study, at=LOOKED_AT)
        receipts = [
            *AlertMail.objects.order_by("id").values(),
            *CodeBreakMail.objects.order_by("id").values(),
        ]
    return [*sent, *(repr({**one, "salt": b""}).encode() for one in receipts)]


def test_mails_and_their_receipts_are_the_same(worlds: Worlds) -> None:
    pair = worlds("sqlite", "told")
    one, other = posted(pair, THIS), posted(pair, OTHER)
    assert len([mail for mail in one if mail.startswith(b"From:")]) >= 3
    assert one == other


@pytest.mark.parametrize("name", ["arms", "untold", "kept"])
def test_an_export_is_the_same_to_the_byte(worlds: Worlds, name: str, tmp_path: Path) -> None:
    pair, found = worlds("sqlite", name), []
    for world in (THIS, OTHER):
        pair.ground.bring(pair.prefix + world)
        with pair.chance.held():
            folder = tmp_path / world / "records"
            folder.parent.mkdir()
            dataset.export(folder, at=LOOKED_AT)
        found.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert len(found[0]) > 5
    assert found[0] == found[1]


def test_what_commands_say_is_the_same(worlds: Worlds, tmp_path: Path) -> None:
    """What a system administrator reads on the terminal, who works blind like others."""
    pair, found = worlds("sqlite", "arms"), []
    for world in (THIS, OTHER):
        pair.ground.bring(pair.prefix + world)
        with pair.chance.held(), pytest.MonkeyPatch.context() as patch:
            if world == OTHER:
                # What the program draws anew to compare it is what it drew there.
                pair.other(patch)
            pair.chance.at = LOOKED_AT
            study = settings.read(pair.ground.home)
            whole = verifying.verify(study)
            said = [
                whole.summary(),
                *map(str, whole.problems),
                *map(str, examining.examine(study, at=LOOKED_AT)),
            ]
            said += [repr(reconciling.reconcile(at=LOOKED_AT))]
            said += [exporting.export(tmp_path / world, at=LOOKED_AT)]
        found.append(said)
    assert "whole" in found[0][0]
    assert found[0] == found[1]


DEPENDS = ("hash", "previous", "payload_sha256", "allocation_event", "act", "salt", "digest", "session_data")
"""Columns that hold hashes of sealed bytes, or what is drawn for them."""
OF_HASHES = {"event_payload", "mfa_authenticator"}
"""Tables of nothing else, or of what the library for second factors draws by itself."""


def contents(alias: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table of a store, without hashes."""
    found = {}
    with connections[alias].cursor() as cursor:
        for table in sorted({*connections[alias].introspection.table_names(cursor)} - OF_HASHES):
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608 - a table's own name
            names = [one[0] for one in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            found[table] = [
                {name: cell for name, cell in row.items() if not name.endswith(DEPENDS)} for row in rows
            ]
    return found


@pytest.mark.parametrize("alias", ["default", "identity"])
def test_no_row_of_the_other_stores_depends_on_an_arm(worlds: Worlds, alias: str) -> None:
    """Beside the answers of a page: the whole store, whoever might read it."""
    pair, found = worlds("sqlite", "arms"), []
    for world in (THIS, OTHER):
        pair.ground.bring(pair.prefix + world)
        found.append(contents(alias))
    assert sum(map(len, found[0].values())) > 10
    assert {name for name in found[0] if found[0][name] != found[1][name]} == set()


def test_a_row_that_depends_on_an_arm_is_found(worlds: Worlds) -> None:
    """The open-label dose, which one arm has, stands in the trial store."""
    pair, found = worlds("sqlite", "untold"), []
    for world in (THIS, OTHER):
        pair.ground.bring(pair.prefix + world)
        found.append(contents("default"))
    apart = {name for name in found[0] if found[0][name] != found[1][name]}
    assert {"event_reached", "visit", "form"} <= apart
