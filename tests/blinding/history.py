"""Histories: what happens in a trial, step by step, in two worlds that agree in everything not hidden.

A `Step` is done in both worlds, and what it draws and when it happens is the same in both; a hidden step may have
another deed in the other world, at another time, or none. A new part of the system adds its steps to `FLAGSHIP`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta

import pytest
from tests.blinding.chance import BEGAN, Chance
from tests.conduct.capture.test_eligibility import SCREENING
from tests.conduct.consenting import enrolled
from tests.conduct.pages.conftest import sample
from tests.conduct.people import People, Somebody

from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import ItemLine
from equipoise.conduct.capture.models import Alert, EntryCurrent, Form, Query
from equipoise.conduct.capture.results import Given
from equipoise.conduct.capture.services import queries
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.identity.services import applicants
from equipoise.conduct.identity.services.applicants import Application
from equipoise.conduct.studies import reads as versions
from equipoise.conduct.studies import services as studies
from equipoise.conduct.tasks import reads as ratings
from equipoise.conduct.tasks import services as tasks
from equipoise.conduct.tasks.models import Task

PASSWORD = "an old oak on a hill"  # noqa: S105 - a test's
STEP = timedelta(hours=7)
SITE_ROLES = ("coordinator", "investigator", "facilitator", "session_monitor", "on_call_physician")
WATCHING = ("data_manager", "monitor", "medical_monitor", "auditor")
DOSE_ON = date(2026, 11, 20)


@dataclass
class Scene:
    """A world while it is made: who acts, what time it is, what things are called.

    usual   who fills forms
    """

    chance: Chance
    people: People = field(default_factory=People)
    other: bool = False
    usual: str = "team"
    named: dict[str, str] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        """Now."""
        return self.chance.at

    def by(self, who: str):
        """Return somebody as services know them."""
        return self.people[who].viewer(self.at)

    def open(self, form: str, visit: str = "log", *, of: str = "one") -> str:
        """Begin a form of a participant, or find it, and return its code."""
        return services.open_form(
            participant=self.named[of], visit=visit, form=form, at=self.at, by=self.by(self.usual)
        )

    def fill(self, code: str, *, high: bool = False, complete: bool = True, **given: str):
        """Answer everything a form asks: with the first of each question's answers or the last."""
        viewer = self.by(self.usual)
        for _ in range(4):
            page = reads.form_page(code, viewer=viewer)
            assert page is not None, code
            lines = [one for one in page.items if one.visible and not one.answer]
            rows = [group.blank for group in page.groups if group.blank and not group.rows]
            lines += [one for row in rows for one in row.items]
            if not lines:
                break
            answers = [
                Given(one.item, row=one.row, text=given.get(one.item) or answer(one, high=high), seen=one.seq)
                for one in lines
            ]
            saved = services.save(form=code, given=answers, at=self.at, by=viewer)
            assert not saved.problem, saved
        if complete:
            done = services.complete(form=code, at=self.at, by=viewer)
            assert done.done, (code, done)

    def correct(self, code: str, item: str, text: str, *, reason: str = "Misread") -> None:
        """Answer a question again."""
        viewer = self.by(self.usual)
        page = reads.form_page(code, viewer=viewer)
        assert page is not None
        seen = {one.item: one.seq for one in page.items}
        given = [Given(item, text=text, seen=seen[item])]
        saved = services.save(form=code, given=given, at=self.at, by=viewer, reason=reason)
        assert saved.done, saved


def answer(line: ItemLine, *, high: bool) -> str:
    """Return an answer that fits a question."""
    if high and line.type == "number":
        return str(int(line.high if line.high is not None else 7))
    if high and line.type == "code":
        return line.codes[-1].code
    return {"text": "Other words, and more of them"}.get(line.type, sample(line)) if high else sample(line)


@dataclass(frozen=True)
class Step:
    """Something that happens.

    hidden    whether it is hidden from the viewers of the comparison
    instead   what happens in the other world in its place, where it is hidden
    """

    name: str
    deed: Callable[[Scene], object]
    hidden: bool = False
    instead: Callable[[Scene], object] = lambda _: None


def play(scene: Scene, steps: Iterable[Step]) -> None:
    """Let everything happen; what is hidden takes another while in the other world."""
    for place, step in enumerate(steps):
        scene.chance.at = BEGAN + place * STEP
        scene.chance.begin(step.name, step.hidden and scene.other)
        if step.hidden and scene.other:
            scene.chance.at += timedelta(minutes=47, seconds=13)
            step.instead(scene)
        else:
            step.deed(scene)


def populate(scene: Scene) -> None:
    """Add everybody: one person a role, somebody who holds every blind role, a team, an outsider."""
    people = scene.people
    for role in (*ROLES, "outsider"):
        assert people[role]
    team = people.add(*SITE_ROLES, name="Team", site="")
    broad = people.add(*SITE_ROLES, *WATCHING, "rater", "statistician", name="Broad", site="")
    people.made |= {"team": team, "broad": broad}
    for one in people.made.values():
        account = Account.objects.get(person=one.person)
        # The digest of one password for everybody: making one takes a tenth of a second.
        account.password = _digest()
        account.save()


_MADE: list[str] = []


def _digest() -> str:
    if not _MADE:
        account = Account()
        account.set_password(PASSWORD)
        _MADE.append(account.password)
    return _MADE[0]


def begin(text: str, *, sites: Iterable[tuple[str, str]]) -> Callable[[Scene], None]:
    """Return the step that sets the study up."""

    def deed(scene: Scene) -> None:
        studies.add_version(text=text, name="frontline.yaml", at=scene.at, by="system")
        studies.set_up(simulated=False, at=scene.at, by="system")
        for site, zone in sites:
            studies.add_site(site=site, name=site.title(), time_zone=zone, at=scene.at, by="system")
        populate(scene)

    return deed


def draw(scene: Scene) -> None:
    """Draw the list and commit to it."""
    allocator.draw_list(version=1, at=scene.at, by="system")
    randomizing.publish_commitments(at=scene.at, by="system")


def enroll(name: str, site: str = "SEA", dose_on: date = DOSE_ON) -> Callable[[Scene], None]:
    """Return the step in which somebody consents and their dose is planned."""

    def deed(scene: Scene) -> None:
        scene.named[name] = one = enrolled(site, at=scene.at, by=scene.by("team"))
        services.plan_anchor(participant=one, anchor="dose", date=dose_on, at=scene.at, by=scene.by("team"))

    return deed


def hold(visit: str, *of: str) -> Callable[[Scene], None]:
    """Return the step in which a visit is held today."""

    def deed(scene: Scene) -> None:
        for one in of:
            services.record_visit(
                participant=scene.named[one],
                visit=visit,
                status="held",
                date=(scene.at - timedelta(days=1)).date(),
                at=scene.at,
                by=scene.by("team"),
            )

    return deed


def fill(
    form: str, visit: str = "log", *of: str, high: bool = False, **given: str
) -> Callable[[Scene], None]:
    """Return the step in which a form is filled for participants."""

    def deed(scene: Scene) -> None:
        for one in of or ("one",):
            code = scene.open(form, visit, of=one)
            scene.fill(code, high=high, **given)
            scene.named[f"{form}@{visit}:{one}"] = code

    return deed


def screened(*of: str) -> Callable[[Scene], None]:
    """Return the step in which participants are found eligible."""

    def deed(scene: Scene) -> None:
        for one in of:
            scene.fill(scene.open("screening", "SCR", of=one), **SCREENING)
            scene.fill(scene.open("demographics", "SCR", of=one), age="44")
            scene.fill(scene.open("madrs", "SCR", of=one), **dict.fromkeys(MADRS, "3"))
            exposed = {"critically_ill": "2", "longer_hours": "3", "deaths": "0", "alone": "0"}
            scene.fill(scene.open("exposure_index", "SCR", of=one), **exposed)
            services.judge_criterion(
                participant=scene.named[one],
                criterion="E9",
                holds="no",
                reason="ECG read",
                at=scene.at,
                by=scene.by("team"),
            )
            services.confirm(participant=scene.named[one], at=scene.at, by=scene.by("team"))

    return deed


MADRS = (
    *("apparent_sadness", "reported_sadness", "inner_tension", "reduced_sleep", "reduced_appetite"),
    *("concentration", "lassitude", "inability_to_feel", "pessimistic_thoughts", "suicidal_thoughts"),
)


def randomize(*of: str) -> Callable[[Scene], None]:
    """Return the step in which participants get their kits."""

    def deed(scene: Scene) -> None:
        for one in of:
            randomizing.randomize(participant=scene.named[one], at=scene.at, by=scene.by("team"))

    return deed


def dispense(scene: Scene) -> None:
    """Let the pharmacist learn what is in a kit."""
    allocator.release(
        participant=scene.named["one"],
        to=scene.people.pharmacist.person,
        role="pharmacist",
        cause="dispensing",
        at=scene.at,
    )


def ask_of_sealed(key: str, *, times: int = 1) -> Callable[[Scene], None]:
    """Return the step in which a sealed form is asked about, as was possible once: such queries may be stored."""
    asked = ask(key, times=times)

    def deed(scene: Scene) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queries, "_asks", lambda *_: True)
            asked(scene)

    return deed


def ask(
    key: str, item: str = "", row: int = 0, *, times: int = 1, by: str = "monitor"
) -> Callable[[Scene], None]:
    """Return the step in which a form is asked about."""

    def deed(scene: Scene) -> None:
        for place in range(times):
            text = f"Is it so? ({place + 1})"
            services.open_query(
                form=scene.named[key], item=item, row=row, text=text, at=scene.at, by=scene.by(by)
            )

    return deed


def reviewed(scene: Scene) -> None:
    """Verify, sign and lock a form."""
    code = scene.named["madrs@PREP1:one"]
    services.verify(form=code, at=scene.at, by=scene.by("monitor"))
    services.sign(form=code, meaning="I reviewed them.", at=scene.at, by=scene.by("investigator"))


def apply(scene: Scene) -> None:
    """Let somebody ask to take part."""
    scene.named["applicant"] = applicants.apply(
        Application(
            site="SEA",
            language="en",
            name="Ada Doe",
            email="ada@example.org",
            phone="",
            answers={"demographics.age": "41", "screening.profession": "nurse"},
            verdict="likely",
            unmet=(),
        ),
        at=scene.at,
        today=scene.at.date(),
        keep_days=180,
    )


def log_entries(form: str, *, of: str, count: int, high: bool = False) -> Callable[[Scene], None]:
    """Return the step in which so many entries of a log are made."""

    def deed(scene: Scene) -> None:
        for place in range(count):
            code = scene.open(form, of=of)
            scene.fill(code, high=high)
            scene.named[f"{form}#{place}:{of}"] = code

    return deed


def corrected(key: str, item: str, *texts: str) -> Callable[[Scene], None]:
    """Return the step in which an answer is given again and again."""

    def deed(scene: Scene) -> None:
        for text in texts:
            scene.correct(scene.named[key], item, text)

    return deed


def both(*deeds: Callable[[Scene], None]) -> Callable[[Scene], None]:
    """Return a step of several deeds."""

    def deed(scene: Scene) -> None:
        for one in deeds:
            one(scene)

    return deed


def by_filler(filler: str, *deeds: Callable[[Scene], None]) -> Callable[[Scene], None]:
    """Return a step in which forms are filled by somebody else than usual."""

    def deed(scene: Scene) -> None:
        usual, scene.usual = scene.usual, filler
        both(*deeds)(scene)
        scene.usual = usual

    return deed


def rated_by(*of: str, form: str = "madrs", visit: str = "D28") -> Callable[[Scene], None]:
    """Return the step in which ratings are given to the rater."""

    def deed(scene: Scene) -> None:
        for one in of:
            tasks.assign(
                participant=scene.named[one],
                visit=visit,
                form=form,
                rater=scene.people.rater.person,
                due_at=scene.at + timedelta(days=2),
                at=scene.at,
                by=scene.by("team"),
            )

    return deed


def rated(*of: str, visit: str = "D28") -> Callable[[Scene], None]:
    """Return the step in which the rater rates and guesses; the guess is what is hidden of it."""

    def deed(scene: Scene) -> None:
        rated_by(*of, visit=visit)(scene)
        by, guess = scene.by("rater"), "2" if scene.other else "1"
        for one in of:
            task = Task.objects.get(participant=scene.named[one], visit=visit).code
            tasks.begin(task=task, at=scene.at, by=by)
            for _ in ("rating", "guess"):
                page = ratings.page(task, viewer=by, at=scene.at, language="en")
                assert page.form is not None
                given = [
                    Given(line.item, text=guess if line.item == "guess" else sample(line), seen=line.seq)
                    for line in page.form.items
                    if line.visible and line.required
                ]
                assert not tasks.save(task=task, given=given, at=scene.at, by=by).problem
                assert tasks.complete(task=task, at=scene.at, by=by).done
            row = Form.objects.get(participant=scene.named[one], visit=visit, form="madrs")
            scene.named[f"madrs@{visit}:{one}"] = row.code

    return deed


SITES = (("SEA", "America/Los_Angeles"), ("NYC", "America/New_York"))
SEVERE = dict.fromkeys(MADRS, "3")

BEFORE: tuple[Step, ...] = (
    Step("draw", draw),
    Step("enroll one", enroll("one")),
    Step("enroll two", enroll("two")),
    Step("enroll three", enroll("three", "NYC")),
    Step("enroll four", enroll("four")),
    Step("apply", apply),
    Step("screening", hold("SCR", "one", "two", "three")),
    Step("screened", screened("one", "two", "three")),
    Step("baseline", hold("PREP1", "one", "two", "three")),
    Step(
        "expectancy",
        fill("expectancy", "PREP1", "one", "two", "three"),
        hidden=True,
        instead=both(
            fill("expectancy", "PREP1", "three", "one", high=True), fill("expectancy", "PREP1", "two")
        ),
    ),
    Step("rating", fill("madrs", "PREP1", "one", "two", "three", **SEVERE)),
    Step("burnout", fill("spfi", "PREP1", "one", "two", "three")),
    Step("trauma", fill("pcl5", "PREP1", "one", "two", "three")),
    Step("randomize", randomize("one", "two", "three")),
)
AFTER: tuple[Step, ...] = (
    Step("dispense", dispense),
    Step("dose", hold("DOSE", "one", "two")),
    Step("vitals", fill("vitals", "DOSE", "one", "two")),
    Step(
        "intensity",
        fill("intensity", "DOSE", "one"),
        hidden=True,
        instead=both(fill("intensity", "DOSE", "two", high=True)),
    ),
    Step(
        "effects",
        log_entries("effects", of="one", count=1),
        hidden=True,
        instead=both(
            log_entries("effects", of="two", count=3, high=True), log_entries("effects", of="one", count=2)
        ),
    ),
    Step("alert", fill("vitals", "SCR", "one", systolic="205")),
    Step(
        "meq",
        fill("meq30", "D1", "one"),
        hidden=True,
        instead=both(fill("meq30", "D1", "two", high=True), fill("meq30", "D1", "one", high=True)),
    ),
    Step("event", log_entries("adverse_events", of="one", count=2)),
    Step("follow-up", hold("D28", "one")),
    Step("rating again", rated("one")),
    Step(
        "guess",
        fill("guess", "D28", "one"),
        hidden=True,
        instead=both(fill("guess", "D28", "one", high=True), fill("guess", "D28", "two")),
    ),
    Step(
        "hidden query",
        both(ask_of_sealed("guess@D28:one"), ask("intensity@DOSE:one"), ask("meq30@D1:one")),
        hidden=True,
        instead=both(ask_of_sealed("guess@D28:one", times=2), ask("meq30@D1:one", times=3)),
    ),
    Step("query", ask("madrs@D28:one", "lassitude")),
    Step("correction", corrected("vitals@SCR:one", "systolic", "180", "150")),
    Step("reviewed", reviewed),
    Step("a rating to do", rated_by("two")),
    Step("last query", ask("madrs@PREP1:two", by="data_manager")),
)


@dataclass(frozen=True)
class Places:
    """Everything an address of a world may name."""

    participants: tuple[str, ...]
    forms: tuple[str, ...]
    queries: tuple[str, ...]
    alerts: tuple[str, ...]
    persons: tuple[str, ...]
    applicants: tuple[str, ...]
    tasks: tuple[str, ...]
    items: tuple[tuple[str, str], ...]

    def __or__(self, other: "Places") -> "Places":
        """Return what either names."""
        return Places(
            *(
                tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name))))
                for name in (one.name for one in fields(self))
            )
        )


def places(scene: Scene) -> Places:
    """Return what the addresses of a world may name."""
    return Places(
        tuple(scene.named[name] for name in ("one", "two", "three", "four") if name in scene.named),
        _forms(),
        tuple(Query.objects.order_by("code").values_list("code", flat=True)),
        tuple(Alert.objects.order_by("code").values_list("code", flat=True)),
        tuple(sorted(one.person for one in scene.people.made.values())),
        tuple(scene.named[name] for name in ("applicant",) if name in scene.named),
        tuple(Task.objects.order_by("code").values_list("code", flat=True)),
        _items(),
    )


def _items() -> tuple[tuple[str, str], ...]:
    """Return each form with an item of it that somebody answered."""
    rows = EntryCurrent.objects.order_by("form__code", "-item").values_list("form__code", "item")
    return tuple(dict(rows).items())


def _forms() -> tuple[str, ...]:
    """Return the codes of every form, those first that, or of which something, somebody may not know of."""
    resolved = versions.resolved(1)
    hiding = {
        one.id
        for one in resolved.forms.values()
        if one.hidden_from or any(item.hidden_from for item in one.all_items())
    }
    visits = {one.id for one in resolved.protocol.visits if one.arms is not None or one.hidden_from}
    found = Form.objects.values_list("form", "visit", "code")
    first = sorted((form not in hiding and visit not in visits, code) for form, visit, code in found)
    return tuple(code for _, code in first)


__all__ = ["AFTER", "BEFORE", "SITES", "Places", "Scene", "Somebody", "Step", "begin", "places", "play"]
