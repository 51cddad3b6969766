"""A full tour, failures included, leaves nothing of anybody in the log: no name, address, id, answer, arm or kit."""

import io
import json
import logging
import logging.config
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import OperationalError
from tests.blinding.history import AFTER, BEFORE, PASSWORD, SITES, Places, Scene, Step, begin, places, play
from tests.blinding.making import LOOKED_AT, Maker
from tests.blinding.tour import tour

from equipoise.conduct.allocator.models import Assignment
from equipoise.conduct.config import logs
from equipoise.conduct.enrollment.reads import randomization

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"
TYPED = ("Headache", "Read again", "Nothing changed", PASSWORD, "guessed")
"""What the tour types into forms."""
ARMS = ("psilocybin", "niacin", "psi25", "nia100")
SECRET = "Ada Doe <ada@example.org> FRONTLINE-SEA-001 got psilocybin"  # noqa: S105 - a test's


@dataclass
class Told:
    """Somebody's world, and what must not be in its log."""

    maker: Maker
    scene: Scene
    known: Places
    words: tuple[str, ...]


@pytest.fixture(scope="module")
def told(makers: Callable[[str], Maker]) -> Told:
    maker = makers("sqlite")
    if "fresh" not in maker.ground.kept:
        maker.ground.keep("fresh")
    maker.ground.bring("fresh")
    scene = Scene(maker.chance, other=False)
    with maker.chance.held():
        start = Step("begin", begin(FRONTLINE.read_text(encoding="utf-8"), sites=SITES))
        play(scene, [start, *BEFORE, *AFTER])
    known = places(scene)
    kits = Assignment.objects.values_list("kit", flat=True)
    people = [word for one in scene.people.made.values() for word in (one.email, one.person)]
    maker.ground.keep("logged")
    words = (*people, *known.participants, *known.applicants, *kits, *TYPED, *ARMS, "Ada", "example.org")
    return Told(maker, scene, known, words)


@pytest.fixture
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log of this format writes, from the least important entry on."""
    before = logging.getLogger().handlers[:]
    logging.config.dictConfig(logs.configuration(request.param))
    for name in ("", "django", "django.request", "gunicorn.access", logs.REQUESTS):
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    out = io.StringIO()
    monkeypatch.setattr(logs.Out, "emit", lambda self, record: out.write(f"{self.format(record)}\n"))
    yield out
    logging.config.dictConfig(logs.configuration("text"))
    logging.getLogger().handlers[:] = before


def look(told: Told, who: str, *, sends: bool) -> None:
    told.maker.ground.bring("logged")
    with told.maker.chance.held():
        tour(who, told.scene, known=told.known, chance=told.maker.chance, at=LOOKED_AT, sends=sends)


def found(words: tuple[str, ...], text: str) -> list[str]:
    return [word for word in words if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE)]


@pytest.mark.parametrize(
    ("written", "who"), [("json", "broad"), ("text", "pharmacist")], indirect=["written"]
)
def test_a_tour_leaves_nobody_in_the_log(
    told: Told, written: io.StringIO, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        failures.append(1)
        raise (OperationalError if len(failures) % 2 else ValueError)(SECRET)

    failures: list[int] = []
    monkeypatch.setattr(randomization, "standing", fail)
    look(told, who, sends=who == "broad")
    logging.getLogger("some.library").warning("%s is known", SECRET)
    logging.getLogger("some.library").warning(f"{SECRET} is known")
    lines = written.getvalue().splitlines()
    assert found(told.words, "\n".join(lines)) == []
    assert any("is known" in line for line in lines)
    assert any("something in some.library" in line for line in lines)
    if who == "broad":
        entries = [json.loads(line) for line in lines]
        assert sum(one["said"] == "request" for one in entries) > len(told.known.participants)
        assert any("a page failed" in one["said"] for one in entries)
        assert any("a store is away" in one["said"] for one in entries)
        assert any(one.get("route") == "/participants/<str:name>/" for one in entries)


@pytest.mark.parametrize("written", ["json", "text"], indirect=True)
def test_a_name_that_is_logged_would_be_found(told: Told, written: io.StringIO) -> None:
    logging.getLogger("equipoise.conduct.planted").error("%s", SECRET)
    assert {"Ada", "example.org", "psilocybin"} <= set(found(told.words, written.getvalue()))


@pytest.mark.parametrize("written", ["json", "text"], indirect=True)
def test_of_a_failure_the_log_gets_kind_and_place_alone(written: io.StringIO) -> None:
    try:
        json.loads(SECRET)
    except ValueError:
        logging.getLogger("gunicorn.error").exception("Error handling request %s", SECRET)
    said = written.getvalue()
    assert "Error handling request" in said
    assert "JSONDecodeError" in said
    assert "Ada" not in said
    assert "Traceback" not in said
