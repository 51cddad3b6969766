"""The audit trail: filters, pages, plain names, and nothing of what is hidden from who reads it."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conduct.pages.conftest import HERE, THERE, World, text_of, words_of
from tests.conduct.people import Somebody

from equipoise.conduct.accounts.permission import ACTIONS
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import services
from equipoise.conduct.capture.models import Form
from equipoise.conduct.review import event_names, reads
from equipoise.conduct.review.reads import Trail, Wanted

SOURCE = Path(__file__).parents[3] / "src" / "equipoise" / "conduct"
HIDDEN = ("guess", "expectancy", "meq30", "intensity", "effects")
HIDDEN_WORDS = (
    "Treatment guess",
    "Treatment expectancy",
    "Effects during the session",
    "Mystical Experience",
)


def read(world: World, who: "str | Somebody" = "monitor", **wanted: str) -> Trail:
    somebody = world.people[who] if isinstance(who, str) else who
    return reads.trail(Wanted(**wanted), viewer=somebody.viewer())


def test_events_are_named_dated_and_lead_to_what_they_are_about(world: World) -> None:
    form = world.opened("madrs", "PREP1")
    world.save(form, apparent_sadness="1")
    page = world.get("monitor", "/audit/")
    said = words_of(page)
    assert "2026-11-23 18:00:00 Coordinator from paper of: Rater Answers saved" in said
    assert '<span title="form.saved">Answers saved</span>' in page
    assert (
        f'<a href="/forms/{form}/" title="form-{form}">Montgomery-Åsberg Depression Rating Scale, Preparation 1'
        in page
    )
    assert f'href="/audit/?subject={HERE}"' in page
    assert "When (UTC)" in said
    for link in Event.objects.all():
        assert link.hash not in page
        assert link.act not in page


def test_filters_find_by_subject_person_kind_and_day(world: World) -> None:
    form = world.opened("madrs", "PREP1")
    world.save(form, apparent_sadness="1")
    world.hand[0] += timedelta(days=1)
    world.save(form, apparent_sadness="2")
    of_form = [one.action for one in read(world, subject=f"form-{form}").lines]
    assert of_form == ["form.saved", "form.saved", "form.opened"]
    of_here = [one.action for one in read(world, subject=HERE).lines]
    assert of_here == [*of_form, "anchor.planned", "consent.countersigned", "participant.enrolled"]
    assert {one.by for one in read(world, person="p-outsider").lines} == {"Outsider"}
    assert [one.action for one in read(world, action="participant.enrolled").lines] == [
        "participant.enrolled"
    ] * 2
    assert [one.action for one in read(world, from_day="2026-11-24").lines] == ["form.saved"]
    assert "form.saved" in [one.action for one in read(world, action="form.saved", to_day="2026-11-23").lines]
    assert len(read(world, action="form.saved", to_day="2026-11-23").lines) == 1
    assert read(world, subject=f"form-{'a' * 13}").lines == ()
    assert read(world, subject=HERE[:-1]).lines == ()
    page = world.get("monitor", "/audit/", action="form.saved", person="p-coordinator")
    assert '<option value="p-coordinator" selected>Coordinator</option>' in page
    assert '<option value="form.saved" selected>Answers saved</option>' in page
    assert "No event matches." in words_of(world.get("monitor", "/audit/", subject="nothing"))


def test_pages_follow_each_other_without_gap_or_overlap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PAGE", 7)
    monkeypatch.setattr(reads, "BATCH", 5)
    world.hand[0] += timedelta(seconds=1)
    for one in ("madrs", "spfi", "pcl5"):
        world.opened(one, "PREP1")
    viewer, lines, before = world.people.monitor.viewer(), [], ""
    for _ in range(Event.objects.count()):
        part = reads.trail(Wanted(), viewer=viewer, before=before)
        lines += part.lines
        assert len(part.lines) <= 7
        before = part.before
        if not before:
            break
    every = Event.objects.order_by("-id")
    assert [(instant(one.at), one.action) for one in lines] == list(every.values_list("at", "action"))
    assert len({one.at for one in lines}) > 2, "pages end within an instant and between two"
    page = world.get("monitor", "/audit/", person="")
    assert "before=2026-11-23T18%3A00" in page
    for odd in ("~", "x~1", "2026-11-23T18:00:00.000000Z~", "2026-11-23T18:00:00.000000Z~999", "~9" * 40):
        assert world.client("monitor").get("/audit/", {"before": odd}).status_code == 200


def test_a_page_of_the_trail_is_full_however_much_is_hidden_in_between(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "BATCH", 2)
    monkeypatch.setattr(reads, "LARGEST_BATCH", 4)
    hidden = world.people.add("monitor", "statistician", name="Blind Monitor", site="")
    before = read(world, hidden)
    guess = world.opened("expectancy", "PREP1")
    for text in "?" * 9:
        world.post("monitor", f"/forms/{guess}/query/", about=":0", text=text)
    assert read(world, hidden) == before
    assert len(read(world).lines) == len(before.lines) + 10


def test_events_of_other_sites_are_absent(world: World) -> None:
    world.opened("madrs", "PREP1")
    lines = read(world, "investigator").lines
    assert HERE in {subject.id for line in lines for subject in line.about}
    assert THERE not in {subject.id for line in lines for subject in line.about}
    assert read(world, "investigator", subject=THERE).lines == ()


def test_events_of_what_is_hidden_are_absent_until_the_study_is_locked(world: World) -> None:
    hidden = world.people.add("monitor", "statistician", name="Blind Monitor", site="")
    before = len(read(world, hidden).lines)
    guess = world.fill(world.opened("guess", "D28"))
    effects = world.opened("effects", by="session_monitor")
    asked = world.post("monitor", f"/forms/{effects}/query/", about=":0", text="Sure?")
    assert asked.status_code == 302
    assert [one.action for one in read(world, hidden).lines] == [
        one.action for one in read(world, hidden).lines[-before:]
    ]
    for code in (guess, effects):
        assert read(world, hidden, subject=f"form-{code}").lines == ()
        assert len(read(world, "monitor", subject=f"form-{code}").lines) >= 1
    services.lock_study(
        locked=True, reason="Database lock", at=world.hand[0], by=world.people.data_manager.viewer()
    )
    assert len(read(world, hidden, subject=f"form-{guess}").lines) == 3
    assert "query.opened" in [one.action for one in read(world, hidden, subject=f"form-{effects}").lines]


def test_what_is_hidden_shows_on_no_page(world: World) -> None:
    """A rater or statistician who also watches sees no trace of what the protocol hides from raters."""
    somebody = world.people.add("monitor", "data_manager", "rater", name="Rater Too", site="")
    world.fill(world.opened("guess", "D28"))
    world.opened("effects", by="session_monitor")
    world.opened("intensity", "DOSE", by="session_monitor")
    hidden = list(Form.objects.values_list("code", flat=True))
    world.post("monitor", f"/forms/{hidden[0]}/query/", about=":0", text="Is the guess right?")
    madrs = world.fill(world.opened("madrs", "D28"))
    client, plain = world.client(somebody), world.client("monitor")
    paths = ["/", "/participants/", "/queries/", "/audit/", f"/forms/{madrs}/"]
    paths += [f"/participants/{HERE}/?visit={visit}&repeat=1" for visit in ("D28", "DOSE", "D1", "PREP1")]
    traces = 0
    for path in paths:
        page = client.get(path)
        assert page.status_code == 200
        for word in (*HIDDEN_WORDS, "guess"):
            assert word not in text_of(page), (path, word)
        traces += any(word in text_of(plain.get(path)) for word in HIDDEN_WORDS)
    assert traces >= 5, "the words are on these pages for others"
    assert len(hidden) == 3
    for code in hidden:
        for path in (f"/forms/{code}/", f"/queries/{world.query}/", f"/forms/{code}/history/guess/0/"):
            assert client.get(path).status_code == 404
        assert client.post(f"/forms/{code}/query/", {"about": ":0", "text": "?"}).status_code == 404
    assert "0 open" not in words_of(client.get("/"))
    assert "No query is open." in words_of(client.get("/"))


def test_every_event_a_page_can_show_has_a_name(world: World) -> None:
    assert set(Event.objects.values_list("action", flat=True)) <= set(event_names.NAMES)
    unnamed = {action for action in used_actions() if action not in event_names.NAMES}
    assert unnamed == set()


def test_a_name_left_out_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    used = used_actions()
    assert {
        "form.saved",
        "visit.declined",
        "account.signed_in",
        "query.answered",
        "participant.locked",
    } <= used
    assert len(used) > 40


def test_no_name_is_left_over() -> None:
    # A restored backup and a replaced key are noted by the chain itself and not through `act`.
    assert set(event_names.NAMES) - used_actions() <= {"store.restored", "keys.rotated"}


OUTCOMES = {
    "alert": ("seen", "closed"),
    "query": ("answered", "closed"),
    "visit": ("held", "missed", "declined"),
    "form": ("verified", "signed", "locked"),
    "participant": ("locked", "unlocked"),
    "study": ("locked", "unlocked"),
    "task": ("begun", "done", "released"),
}
"""What the placeholder of an action made from its outcome may stand for."""
CODE = re.compile(
    r"(account|alert|allocation|anchor|audit|code|consent|data|deviation|device|eligibility|form|participant|people|query|randomization|store|study|unblinding|task|visit)\.[a-z_]+"
)


def used_actions() -> set[str]:
    """Return every action that the source can write: texts shaped like one, and those made from an outcome."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if "migrations" in path.parts or path.name in (
            "event_names.py",
            "permission.py",
            "context.py",
            "urls.py",
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                kind = str(node.values[0].value)
                if len(node.values) == 2 and kind.endswith(".") and kind[:-1] in OUTCOMES:
                    found |= {f"{kind}{outcome}" for outcome in OUTCOMES[kind[:-1]]}
            elif (
                isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
            ):
                found.add(node.value)
    return found - (set(ACTIONS) - set(event_names.NAMES))
