"""A study in which everything that anybody wrote is an attack: protocol, people, sites, applicants, answers, reasons.

It is the history of the blinding suite, so a part added there is attacked here too; what is sent is sent by everybody.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.blinding.chance import Chance
from tests.blinding.history import AFTER, BEFORE, SITES, Places, Scene, Step, begin, places, play
from tests.blinding.making import LOOKED_AT
from tests.blinding.sent import SENT, SIGN_OUT
from tests.blinding.tour import ROWS, addresses
from tests.conduct.pages import conftest as pages
from tests.conduct.people import sign_in_as

from equipoise import source
from equipoise.conduct.accounts.models import Person
from equipoise.conduct.audit.services import act
from equipoise.conduct.identity.services import applicants
from equipoise.conduct.identity.services.applicants import Application

FRONTLINE = Path(__file__).parents[3] / "protocols" / "frontline.yaml"
HOLE = "data-hole"
ATTACK = f"\"'><b {HOLE}></b><img src=/x onerror=hole()><script>hole()</script></textarea></title></select>"
SHORT = f"\"'><b {HOLE}><script>hole()</script>"
"""Where there is room for few characters."""
LINK = "javascript:hole()"
WORDED = frozenset({"label", "text", "note", "instruction", "title", "hint", "description", "question"})
"""Names of a protocol under which people write sentences."""
ENDS = (SIGN_OUT, "person_close", "person_role_end", "review:lock_participant", "enrollment:withdraw")
"""Sendings after which others would find nothing."""


def protocol() -> str:
    """Return the flagship with an attack in every sentence and every name of a code."""
    told = source.read(FRONTLINE.read_text(encoding="utf-8"), name="frontline.yaml").data
    return str(yaml.safe_dump(_worded(told), allow_unicode=True, sort_keys=False, width=10_000))


def _worded(value: Any, under: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _worded(one, str(name) if under != "codes" else "label") for name, one in value.items()}
    if isinstance(value, list):
        return [_worded(one) for one in value]
    return f"{value} {SHORT}" if under in WORDED and isinstance(value, str) else value


def conducted(chance: Chance) -> tuple[Scene, Places]:
    """Conduct the study, let people write attacks wherever they may, and return what its addresses name."""
    scene = Scene(chance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pages.SAMPLE, "text", ATTACK)
        play(scene, [Step("begin", begin(protocol(), sites=SITES)), *BEFORE, *AFTER])
    chance.at = LOOKED_AT
    chance.begin("attack")
    _named(scene)
    known = places(scene)
    for who in ("team", "data_manager", "system_administrator", "rater"):
        _send_everything(scene, who, known)
    return scene, places(scene)


def _named(scene: Scene) -> None:
    """Give people and sites names that are attacks, and let somebody so called apply."""
    with act("trial", "people.added", at=scene.at, by="system", subjects=["p-coordinator"]) as one:
        for person in scene.people.made.values():
            one.add(Person(person=person.person, seq=2, name=f"{person.name} {SHORT}"))
    scene.named["applicant"] = applicants.apply(
        Application(
            site="SEA", language="en", name=f"Ada {SHORT}", email="ada@example.org", phone="+1 206 555 0100",
            answers={"demographics.age": ATTACK, "screening.profession": ATTACK}, verdict="likely", unmet=(),
        ),
        at=scene.at, today=scene.at.date(), keep_days=180,
    )  # fmt: skip


def _send_everything(scene: Scene, who: str, known: Places) -> None:
    """Send what the other suite sends, with an attack in the place of every text."""
    client = pages.Client(raise_request_exception=False)
    sign_in_as(client, scene.people[who])
    for row in ROWS:
        if row.method != "POST" or row.route in ENDS or row.pattern.startswith("api/"):
            continue
        for there in addresses(row, known)[:1]:
            for given in SENT[row.route]({}):
                answer = client.post(there, {name: _attacked(name, text) for name, text in given.items()})
                assert answer.status_code < 500, (row.route, who)
        if "_auth_user_id" not in client.session or "handed_over" in client.session:
            sign_in_as(client, scene.people[who])


def _attacked(name: str, text: str) -> str:
    """Return an attack where a person would have written words."""
    kept = ("event", "visit", "form", "status", "role", "site", "participant", "rater", "anchor", "language")
    if name in (*kept, "password", "code", "criterion", "holds", "degree", "decision", "training", "about"):
        return text
    if name == "meeting":
        return LINK
    return ATTACK if any(one.isalpha() for one in text) or name in ("reason", "text") else text
