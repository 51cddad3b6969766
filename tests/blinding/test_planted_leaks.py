"""Each comparison fails when somebody builds a leak in: an arm or something hidden, told in one of many ways.

A leak is planted in the program while both worlds are looked at, or made; the same comparison that finds nothing
without it must find it. What is asked for is the few addresses where the leak shows.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from tests.blinding.history import BEFORE
from tests.blinding.making import LOOKED_AT, OTHER, THIS, Maker, Pair
from tests.blinding.tour import Seen, Visitor, differences, listening
from tests.blinding.worlds import PAIRS, Worlds, exchanged, flagship, ideal

from equipoise import records
from equipoise.conduct.accounts.access import Access
from equipoise.conduct.allocator import sealing
from equipoise.conduct.allocator.models import Assignment, Slot
from equipoise.conduct.allocator.services import listing
from equipoise.conduct.capture import dataset, visibility, words
from equipoise.conduct.capture.access import FormGround
from equipoise.conduct.capture.models import Form, Query
from equipoise.conduct.capture.reads import people, subjects, threads
from equipoise.conduct.capture.results import Letter
from equipoise.conduct.capture.visibility import Sight
from equipoise.conduct.config.operations import alerting
from equipoise.errors import PermissionRefused, Problem

timeline = import_module("equipoise.conduct.capture.reads.timeline")
log = logging.getLogger(__name__)


def arm_of(participant: str) -> str:
    """Return a participant's arm, as nobody may."""
    given = Assignment.objects.filter(participant=participant).select_related("slot__list").first()
    return opened(given.slot) if given is not None else ""


def opened(slot: Slot) -> str:
    """Return what a slot holds."""
    place = sealing.place_of(slot.list.canonical_sha256, slot.stratum, slot.position)
    return sealing.key().open(slot.arm, place=place)


def code_by_arm(patch: pytest.MonkeyPatch) -> None:
    """A code beside an id says the arm."""
    plain = people._line

    def line(row: Any, *given: Any, **more: Any) -> Any:
        return replace(plain(row, *given, **more), next_visit=f"Group {arm_of(row.participant)[:1]}")

    patch.setattr(people, "_line", line)


def count_by_arm(patch: pytest.MonkeyPatch) -> None:
    """A page counts one arm."""
    plain = people.home

    def home(**given: Any) -> Any:
        n = sum(arm_of(one) == "niacin" for one in Assignment.objects.values_list("participant", flat=True))
        return replace(plain(**given), coming=n)

    patch.setattr("equipoise.conduct.capture.reads.home", home)


def order_by_arm(patch: pytest.MonkeyPatch) -> None:
    """A list is sorted by arm."""
    plain = people.participants

    def participants(**given: Any) -> Any:
        return tuple(sorted(plain(**given), key=lambda one: (arm_of(one.participant), one.participant)))

    patch.setattr("equipoise.conduct.capture.reads.participants", participants)


def tag_by_arm(patch: pytest.MonkeyPatch) -> None:
    """A header depends on arms."""
    plain = Access.__call__

    def call(self: Access, request: Any) -> HttpResponse:
        response = plain(self, request)
        arms = [arm_of(one) for one in Assignment.objects.values_list("participant", flat=True)]
        response.headers["ETag"] = f'"{len("".join(arms))}-{arms[0][:1]}"'
        return response

    patch.setattr(Access, "__call__", call)


def log_by_arm(patch: pytest.MonkeyPatch) -> None:
    """The log names an arm."""
    plain = timeline.timeline

    def shown(participant: str, **given: Any) -> Any:
        log.warning("drawing %s", arm_of(participant))
        return plain(participant, **given)

    patch.setattr("equipoise.conduct.capture.reads.timeline", shown)


def state_by_arm(patch: pytest.MonkeyPatch) -> None:
    """A status depends on the arm."""
    plain = timeline._visit

    def visit(slot: Any, forms: Any, **given: Any) -> Any:
        found = plain(slot, forms, **given)
        due = arm_of(forms.ground.participant) == "niacin" and found.visit == "W8"
        return replace(found, state="due") if due else found

    patch.setattr(timeline, "_visit", visit)


def form_by_arm(patch: pytest.MonkeyPatch) -> None:
    """A form stands on the page of one arm only."""
    plain = timeline._logs

    def logs(forms: Any, resolved: Any, sight: Any) -> Any:
        found = plain(forms, resolved, sight)
        return {**found, "guess": resolved} if arm_of(forms.ground.participant) == "niacin" else found

    patch.setattr(timeline, "_logs", logs)


def query_of_hidden(patch: pytest.MonkeyPatch) -> None:
    """A query on something hidden is listed."""
    patch.setattr(threads, "_visible", lambda row, seen: True)


def event_of_hidden(patch: pytest.MonkeyPatch) -> None:
    """An event about something hidden is listed."""
    patch.setattr(subjects, "visible", _everything)


def _everything(deeds: Any, *, viewer: Any) -> frozenset[Any]:
    return frozenset(deeds)


def visit_of_hidden(patch: pytest.MonkeyPatch) -> None:
    """A visit is begun that only a hidden form began."""
    patch.setattr("equipoise.conduct.capture.reads.visits.Recorded.through", lambda self, sight: self)


def error_of_hidden(patch: pytest.MonkeyPatch) -> None:
    """What is hidden is refused with another error than what never was."""
    plain = Sight.form

    def form(self: Sight, form: str) -> bool:
        if plain(self, form):
            return True
        raise PermissionRefused("hidden", [Problem(form, "", form)])

    patch.setattr(Sight, "form", form)


def number_of_hidden(patch: pytest.MonkeyPatch) -> None:
    """A form is shown with its row's number."""
    plain = words.unit

    def unit(unit: str) -> str:
        return f"{plain(unit)} {Form.objects.count()}"

    patch.setattr(words, "unit", unit)


def count_of_hidden(patch: pytest.MonkeyPatch) -> None:
    """Queries are counted with hidden ones."""
    patch.setattr(threads, "open_queries", lambda forms, seen: list(Query.objects.select_related("form")))


def day_of_one_arm(patch: pytest.MonkeyPatch) -> None:
    """The trail tells that the day of an open-label dose was planned."""
    plain = subjects._Hidden._ids

    def ids(self: Any, participant: str) -> Iterator[str]:
        yield from (one for one in plain(self, participant) if one != "open_dose")

    patch.setattr(subjects._Hidden, "_ids", ids)


def visit_of_one_arm(patch: pytest.MonkeyPatch) -> None:
    """A visit that one arm alone has is shown to who is masked."""
    patch.setattr(visibility, "_KEPT", OrderedDict())
    patch.setattr(Sight, "masked", False)


def program_told_by_arm(patch: pytest.MonkeyPatch) -> None:
    """Programs are told what pages are not."""
    plain = people.participants

    def participants(**given: Any) -> Any:
        return tuple(replace(one, next_visit=arm_of(one.participant)) for one in plain(**given))

    patch.setattr("equipoise.conduct.capture.reads.participants", participants)


@dataclass(frozen=True)
class Leak:
    """A leak, and where somebody looks who finds it."""

    plant: Callable[[pytest.MonkeyPatch], None]
    pair: str
    who: str
    at: str


LEAKS = (
    Leak(code_by_arm, "arms", "coordinator", "/participants/"),
    Leak(count_by_arm, "arms", "coordinator", "/"),
    Leak(order_by_arm, "arms", "monitor", "/participants/"),
    Leak(tag_by_arm, "arms", "rater", "/"),
    Leak(log_by_arm, "arms", "auditor", "/participants/{one}/"),
    Leak(state_by_arm, "arms", "facilitator", "/participants/{one}/"),
    Leak(form_by_arm, "arms", "coordinator", "/participants/{one}/"),
    Leak(query_of_hidden, "hidden", "broad", "/queries/"),
    Leak(event_of_hidden, "hidden", "broad", "/audit/"),
    Leak(visit_of_hidden, "hidden", "broad", "/participants/{two}/"),
    Leak(error_of_hidden, "hidden", "broad", "/forms/{hidden}/"),
    Leak(number_of_hidden, "hidden", "broad", "/forms/{vitals}/"),
    Leak(count_of_hidden, "hidden", "broad", "/"),
    Leak(day_of_one_arm, "untold", "auditor", "/audit/?subject={one}"),
    Leak(visit_of_one_arm, "untold", "auditor", "/participants/{one}/"),
    Leak(program_told_by_arm, "arms", "monitor", "/api/v1/participants"),
)


def looked(pair: Pair, name: str, leak: Leak) -> Seen:
    """Return what is seen at the leak's address in one of the worlds."""
    pair.ground.bring(pair.prefix + name)
    named = pair.scenes[THIS].named
    hidden = pair.known.forms[0] if leak.who == "broad" else ""
    where = leak.at.format(one=named["one"], two=named["two"], hidden=hidden, vitals=named["vitals@DOSE:one"])
    with pair.chance.held():
        pair.chance.at = LOOKED_AT
        visitor = Visitor(leak.who, pair.scenes[name], known=pair.known, chance=pair.chance)
        with listening(visitor.said):
            visitor.ask(where)
            visitor.ask(f"/forms/{'a' * 13}/")
    return visitor.seen


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.plant.__name__)
def test_a_planted_leak_is_found(worlds: Worlds, leak: Leak, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = worlds("sqlite", leak.pair)
    assert differences(looked(pair, THIS, leak), looked(pair, OTHER, leak)) == []
    leak.plant(monkeypatch)
    one, other = looked(pair, THIS, leak), looked(pair, OTHER, leak)
    if leak.plant is error_of_hidden:
        # Both worlds hold this form: it is told from one that never was.
        first, second = one.answers.values()
        assert first[:3] != second[:3]
        return
    assert differences(one, other) != []


def test_a_larger_file_is_found(worlds: Worlds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that grows with one arm."""
    pair, plain = worlds("sqlite", "arms"), records.write

    def write(found: Any, folder: Path) -> Any:
        made = plain(found, folder)
        n = sum(opened(one.slot) == "niacin" for one in Assignment.objects.select_related("slot__list")[:1])
        path = folder / "values.csv"
        path.write_bytes(path.read_bytes() + b"\n" * n)
        return made

    def files(name: str, where: str) -> dict[str, bytes]:
        pair.ground.bring(pair.prefix + name)
        with pair.chance.held():
            folder = tmp_path / where / name / "records"
            folder.parent.mkdir(parents=True)
            dataset.export(folder, at=LOOKED_AT)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    assert files(THIS, "plain") == files(OTHER, "plain")
    monkeypatch.setattr(records, "write", write)
    assert files(THIS, "leaking") != files(OTHER, "leaking")


def test_a_kit_number_that_knows_its_arm_is_found(makers: Callable[[str], Maker]) -> None:
    """Kits of one arm end in an even digit."""

    def leak(patch: pytest.MonkeyPatch) -> None:
        exchanged(patch)
        drawn, kits = listing.lists.drawn, listing.lists.kits

        def numbered(ground: Any, *, seed: bytes) -> Any:
            arms = {slot.place: slot.arm for slot in drawn(ground, seed=seed)}
            return {
                place: kit[:-1] + ("2" if arms[place] == "niacin" else "3")
                for place, kit in kits(ground, seed=seed).items()
            }

        patch.setattr(listing.lists, "kits", numbered)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "commit", ideal)
        pair = makers("sqlite").pair(BEFORE, begin=flagship(), other=leak, prefix="k")
    spot = Leak(leak, "arms", "coordinator", "/participants/{one}/randomization/")
    pair.scenes[THIS].named["vitals@DOSE:one"] = ""
    assert differences(looked(pair, THIS, spot), looked(pair, OTHER, spot)) != []


def by_state(patch: pytest.MonkeyPatch) -> None:
    """A hidden answer that changes opens its form again, for everybody to see."""
    patch.setattr(FormGround, "apart", lambda self, items: False)


def by_version(patch: pytest.MonkeyPatch) -> None:
    """A hidden form that begins a visit chooses its version."""
    patch.setattr("equipoise.conduct.capture.services.visits.pinned", lambda row: row.version)


@pytest.mark.parametrize("leak", [by_state, by_version], ids=lambda leak: leak.__name__)
def test_what_a_hidden_act_leaves_behind_is_found(makers: Callable[[str], Maker], leak: Any) -> None:
    """Planted while both worlds are made."""
    how = PAIRS["kept"]
    with pytest.MonkeyPatch.context() as patch:
        leak(patch)
        pair = makers("sqlite").pair(
            *how.histories, begin=how.begin(), hidden=True, prefix=f"{leak.__name__}_"
        )
    pair.scenes[THIS].named["vitals@DOSE:one"] = pair.scenes[THIS].named["mixed@D7:one"]
    spot = Leak(leak, "kept", "auditor", "/forms/{vitals}/")
    assert differences(looked(pair, THIS, spot), looked(pair, OTHER, spot)) != []


def test_a_mail_that_knows_something_is_found(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same letter, written in both worlds."""
    pair = worlds("sqlite", "arms")

    def written() -> Iterator[str]:
        for name in (THIS, OTHER):
            pair.ground.bring(pair.prefix + name)
            letter = Letter("a" * 13, "p-investigator", "i@example.org", 1, "Seattle", LOOKED_AT)
            yield alerting._written(_Study(), letter, {}).as_string()  # type: ignore[arg-type]

    one, other = written()
    assert one == other
    plain = alerting._written

    def telling(study: Any, letter: Letter, spoken: Any) -> Any:
        mail = plain(study, letter, spoken)
        mail["X-Group"] = arm_of(pair.scenes[THIS].named["one"])
        return mail

    monkeypatch.setattr(alerting, "_written", telling)
    one, other = written()
    assert one != other


class _Study:
    """As much of the settings as a mail needs."""

    language, link, mail_from = "en", "https://study.example.org", "study@example.org"
