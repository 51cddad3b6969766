"""The simulated study itself: set up, its kits looked at, and filled step by step through the services.

Holds the doing, in the roles of the people who would do it. Refuses a study that is not marked simulated.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import shake_256

from django.db import connections

from equipoise.conduct.accounts.permission import PARTICIPANT, RATER, Guest, Viewer
from equipoise.conduct.allocator import reads as allocation
from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.models import LOG
from equipoise.conduct.capture.results import Given, Saved
from equipoise.conduct.config.operations import setting_up
from equipoise.conduct.config.operations.filling import consent_form, programs, staff
from equipoise.conduct.config.operations.filling.calendar import Calendar
from equipoise.conduct.config.operations.filling.course import SITE, Step, course
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.consent import reads as consent_forms
from equipoise.conduct.consent import services as consents
from equipoise.conduct.enrollment.services import consenting, randomizing
from equipoise.conduct.stores import entropy
from equipoise.conduct.stores.names import ALIASES
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.tasks import reads as task_reads
from equipoise.conduct.tasks import services as tasks
from equipoise.conduct.tasks.desk import GUESS
from equipoise.conduct.unblinding.services import telling
from equipoise.errors import Problem, RecordError
from equipoise.protocol import Resolved
from equipoise.protocol.arms import TrialEvent
from equipoise.records import Records

ZONE, PLACE = "America/Los_Angeles", "Seattle"
LANGUAGE = "en"
DOSE = "dose"
PLANNED_DAYS = 21
"""From screening to the dose, as the protocol plans it, where the simulation never came to a dose."""
SET_UP_DAYS = 45
FORM_READY_DAYS = 30
RECENT_DAYS = 9
"""What is so recent is not all done yet: some forms are begun, some not, and some visits are not recorded."""
UNRECORDED_DAYS = 3
LEFT_EMPTY, LEFT_OPEN = 7, 3
"""Of recent forms every seventh waits to be opened and every third to be completed."""
FIRST_NAMES = ("Ada", "Ben", "Chloé", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Imani", "Jonas", "Keiko")
LAST_NAMES = ("Abara", "Becker", "Costa", "Dubois", "Evans", "Fischer", "Garza", "Haddad", "Ivanova")
INELIGIBLE = "Not eligible: no dose is planned"
CALLED = "Called and seen the same day; no danger, the participant stays in the study"
LATEST_ALERTS = 1
NOT_HELD = "The participant could not come"
JUDGED = "Looked for in the medical record; nothing found"
ASKED = "Please check this answer against the source"
SAID = "Checked: it agrees with the source"
RATED_WITHIN = timedelta(days=2)
ASK_EVERY, ANSWER_EVERY, CLOSE_EVERY = 60, 2, 4
CHANCE = b"equipoise demo"


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit of the drawn list, as whoever fills kits may know it."""

    kit: str
    stratum: str
    position: int
    arm: str = field(repr=False)
    intervention: str = field(repr=False)


@dataclass
class Filled:
    """What was entered.

    names    the simulation's participants to those of the study
    counts   what was done, by kind
    """

    names: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


def begin(study: Settings, *, text: str, name: str, records: Records, when: Calendar) -> None:
    """Set the study up before its first participant came: list, site, people, consent form.

    The allocation list is drawn from a fixed seed, so that every demo shows the same trial.
    Raises  RecordError when the installation is not marked simulated
    """
    if not study.simulated:
        problem = Problem("this installation holds a real study", "`equipoise init --simulated`", "mode")
        raise RecordError("nothing invented is entered here", [problem])
    first = when.instant(str(records.participants["consent_date"].min()))
    at = first - timedelta(days=SET_UP_DAYS)
    entropy.replace_source(_Chance())
    try:
        setting_up.begin(study, text=text, name=name, wordings={}, at=at)
    finally:
        entropy.replace_source(None)
    setting_up.add_site(site=SITE, name=PLACE, time_zone=ZONE, at=at)
    team = staff.employ(SITE, at=at)
    at = first - timedelta(days=FORM_READY_DAYS)
    latest = studies.latest()
    resolved = studies.resolved(latest.number if latest else 1)
    administrator = team["system_administrator"]
    number = consents.add_version(
        site=SITE, language=LANGUAGE, text=consent_form.text_for(resolved), at=at, by=administrator
    )
    consents.approve(
        site=SITE,
        number=number,
        language=LANGUAGE,
        approved_on=at.date(),
        effective_from=at.date(),
        at=at,
        by=administrator,
    )


class _Chance:
    """Bytes that follow from a fixed seed, for what may be the same in every demo."""

    def __init__(self) -> None:
        self._drawn = 0

    def __call__(self, n_bytes: int) -> bytes:
        self._drawn += 1
        return shake_256(CHANCE + self._drawn.to_bytes(8)).digest(n_bytes)


def kits(count: int, *, at: datetime) -> tuple[Kit, ...]:
    """Return the next kits of the list in its order, as the pharmacist reads them to fill them: logged."""
    drawn = allocation.current()
    pharmacist = staff.team(at=at)["pharmacist"]
    found = allocator.prepare(
        to=pharmacist.person,
        role="pharmacist",
        strata=drawn.strata if drawn else (),
        count=count,
        at=at,
    )
    return tuple(
        Kit(one.contents.kit, one.stratum, one.position, one.contents.arm, one.contents.intervention)
        for one in found
    )


def fill(records: Records, *, when: Calendar, progress: Callable[[float], None]) -> Filled:
    """Enter everything of a simulated trial that happened before today, in order.

    progress   told the share that is done, now and then
    Raises     RecordError when a service refuses an answer, or a kit is not the one it was drawn with
    """
    at = when.instant(str(records.participants["consent_date"].min()))
    latest = studies.latest()
    resolved = studies.resolved(latest.number if latest else 1)
    desk = _Desk(resolved, when, staff.team(at=at), records)
    event = _told(resolved)
    steps = course(records, when, common=_common(resolved), told_at=event.visit or "" if event else "")
    with _hurried():
        for place, step in enumerate(steps):
            desk.do(step)
            progress(place / len(steps))
        desk.look_back()
    return desk.filled


@contextmanager
def _hurried() -> Iterator[None]:
    """Let SQLite write to the disk once, at the end: a study that is cut off before is made anew."""
    files = [connections[alias] for alias in ALIASES.values() if connections[alias].vendor == "sqlite"]
    for one in files:
        with one.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
    try:
        yield
    finally:
        for one in files:
            with one.cursor() as cursor:
                cursor.execute("PRAGMA synchronous=FULL")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _common(resolved: Resolved) -> tuple[str, ...]:
    """Return the visits that everybody is planned to come to."""
    visits = resolved.protocol.visits
    return tuple(visit.id for visit in visits if visit.arms is None and not visit.unscheduled)


def _told(resolved: Resolved) -> TrialEvent | None:
    """Return the event at which participants are told their arm as planned."""
    return next((one for one in resolved.protocol.events if one.planned), None)


class _Desk:
    """Where everything is entered, by whoever would do it."""

    def __init__(
        self, resolved: Resolved, when: Calendar, team: Mapping[str, Viewer], records: Records
    ) -> None:
        self.resolved, self.when, self.team = resolved, when, team
        self.filled = Filled()
        self._doses = _dose_days(resolved, records)
        self._kits = _kits_given(records)
        self._pages: list[_Page | None] = []
        self._tasks: dict[tuple[str, str, int], str] = {}

    @property
    def coordinator(self) -> Viewer:
        """Who does what no role is named for."""
        return self.team["coordinator"]

    def do(self, step: Step) -> None:
        """Do one step of the course."""
        getattr(self, f"_{step.kind}")(step)
        self.filled.counts[step.kind] += 1

    def _enter(self, step: Step) -> None:
        """Take consent on the clinic's device, and plan the day of the dose."""
        at, by = step.at, self.coordinator
        signing = consents.begin(site=SITE, language=LANGUAGE, at=at, by=by)
        form = consent_forms.signing(signing)
        for place, question in enumerate(form.version.document.questions if form else (), start=1):
            right = next(number for number, one in enumerate(question.choices, start=1) if one.right)
            consents.answer(signing=signing, question=place, choice=right, at=at, by=by)
        number = len(self.filled.names)
        name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number % len(LAST_NAMES)]}"
        participant = consenting.sign(signing=signing, name=name, at=at, by=by)
        consents.countersign(participant=participant, at=at, by=by)
        self.filled.names[step.participant] = participant
        planned = self._doses.get(step.participant)
        on = self.when.day(planned) if planned else step.at.date() + timedelta(days=PLANNED_DAYS)
        capture.plan_anchor(participant=participant, anchor=DOSE, date=on, at=at, by=by)

    def _hold(self, step: Step) -> None:
        if self._recent(step, UNRECORDED_DAYS) and len(self._pages) % 2:
            return
        capture.record_visit(
            participant=self.filled.names[step.participant],
            visit=step.visit,
            repeat=step.repeat,
            status="held",
            date=date.fromisoformat(step.on),
            at=step.at,
            by=self.coordinator,
        )

    def _miss(self, step: Step) -> None:
        capture.record_visit(
            participant=self.filled.names[step.participant],
            visit=step.visit,
            status="missed",
            reason=NOT_HELD,
            at=step.at,
            by=self.coordinator,
        )

    def _fill(self, step: Step) -> None:
        """Fill a page and say that it is complete; of the latest some wait or are only begun."""
        recent = self._recent(step, RECENT_DAYS) and step.visit != LOG
        number = len(self._pages)
        empty, begun = recent and number % LEFT_EMPTY == 0, recent and number % LEFT_OPEN == 0
        answers = step.answers[: len(step.answers) // 2] if begun else step.answers
        given = [Given(one.item, text=one.text, missing_reason=one.missing_reason) for one in answers]
        rated = RATER in self.resolved.forms[step.form].fillers
        page = self._rated(step) if rated else None if empty else self._form(step)
        self._pages.append(page)
        if empty or page is None:
            return
        _refuse(page.save(given), step)
        if not begun:
            page.complete()

    def _form(self, step: Step) -> "_Page":
        """Open a form as who fills it."""
        by = self._filler(step)
        form = capture.open_form(
            participant=self.filled.names[step.participant],
            visit=step.visit,
            visit_repeat=step.repeat,
            form=step.form,
            repeat=step.row if step.row > 1 and step.visit != LOG else None,
            at=step.at,
            by=by,
        )
        asked_about = step.visit in _common(self.resolved) and not self.resolved.forms[step.form].sealed
        return _Page(
            form if asked_about else "",
            save=lambda given: capture.save(form=form, given=given, at=step.at, by=by),
            complete=lambda: capture.complete(form=form, at=step.at, by=by),
        )

    def _rating(self, step: Step) -> "_Page":
        """Give a rating to the rater, who opens it when they save."""
        by, at = self.team[RATER], step.at
        task = tasks.assign(
            participant=self.filled.names[step.participant],
            visit=step.visit,
            visit_repeat=step.repeat,
            form=step.form,
            rater=by.person,
            due_at=at + RATED_WITHIN,
            at=at,
            by=self.coordinator,
        )

        self._tasks[step.participant, step.visit, step.repeat] = task

        def save(given: list[Given]) -> Saved:
            tasks.begin(task=task, at=at, by=by)
            return tasks.save(task=task, given=given, at=at, by=by)

        return _Page("", save=save, complete=lambda: tasks.complete(task=task, at=at, by=by))

    def _rated(self, step: Step) -> "_Page | None":
        """Return a rater's form: the rating, or the guess that follows it."""
        return self._guess(step) if self.resolved.forms[step.form].arms else self._rating(step)

    def _guess(self, step: Step) -> "_Page | None":
        """Let the rater guess, as the task asks once the rating is complete; nothing while it is not."""
        by, at = self.team[RATER], step.at
        task = self._tasks.get((step.participant, step.visit, step.repeat))
        if task is None or task_reads.page(task, viewer=by, at=at, language=LANGUAGE).line.state != GUESS:
            return None
        return _Page(
            "",
            save=lambda given: tasks.save(task=task, given=given, at=at, by=by),
            complete=lambda: tasks.complete(task=task, at=at, by=by),
        )

    def _randomize(self, step: Step) -> None:
        """Judge what no rule decides, confirm eligibility, randomize; the kit is the one of the list."""
        participant, by = self.filled.names[step.participant], self.team["investigator"]
        for criterion in self.resolved.protocol.eligibility:
            if criterion.rule is None:
                holds = "yes" if criterion.kind == "inclusion" else "no"
                capture.judge_criterion(
                    participant=participant,
                    criterion=criterion.id,
                    holds=holds,
                    reason=JUDGED,
                    at=step.at,
                    by=by,
                )
        capture.confirm(participant=participant, at=step.at, by=by)
        given = randomizing.randomize(participant=participant, at=step.at, by=by)
        expected = self._kits.get(step.participant)
        if expected is not None and given.kit != expected:
            problem = Problem(f"kit {given.kit} was given, not {expected}", "", participant)
            raise RecordError("the list was not drawn on in its order", [problem])

    def _tell(self, step: Step) -> None:
        """Tell the arm as planned; the visits that only this arm has can be recorded from then on."""
        event = _told(self.resolved)
        if event is not None:
            participant = self.filled.names[step.participant]
            telling.tell(participant=participant, event=event.id, at=step.at, by=self.team["investigator"])

    def _fail(self, step: Step) -> None:
        """Take the plan of a dose back: nobody waits for who is not eligible."""
        capture.plan_anchor(
            participant=self.filled.names[step.participant],
            anchor=DOSE,
            date=None,
            reason=INELIGIBLE,
            at=step.at,
            by=self.coordinator,
        )

    def _withdraw(self, step: Step) -> None:
        consents.withdraw(
            participant=self.filled.names[step.participant],
            degree="records",
            on=date.fromisoformat(step.on),
            reason=step.reason,
            at=step.at,
            by=self.coordinator,
        )

    def look_back(self) -> None:
        """Let programs close alerts and ask about forms; some questions are answered, some closed."""
        at = self.when.instant(self.when.today.isoformat()) - timedelta(days=1) - self.when.shift
        roles = ("monitor", "coordinator", "on_call_physician")
        monitor, coordinator, physician = (programs.program(self.team[role], at=at) for role in roles)
        forms = [page.form for page in self._pages if page is not None and page.form]
        with programs.time_is(at):
            for alert in list(physician.review.alerts())[:-LATEST_ALERTS]:
                physician.review.note_alert(alert.alert, status="closed", text=CALLED)
            for number, form in enumerate(forms[::ASK_EVERY]):
                query = monitor.review.open_query(form, text=ASKED).query
                if number % ANSWER_EVERY == 0:
                    coordinator.review.answer_query(query, text=SAID)
                if number % CLOSE_EVERY == 0:
                    monitor.review.close_query(query, text=SAID)

    def _recent(self, step: Step, days: int) -> bool:
        return step.at.date() >= self.when.today - timedelta(days=days)

    def _filler(self, step: Step) -> Viewer:
        """Return who fills a form: the participant on the device, or the first of its roles."""
        fillers = self.resolved.forms[step.form].fillers
        by = self.coordinator
        if PARTICIPANT in fillers:
            participant = self.filled.names[step.participant]
            return Guest(by.person, by.name, by.grants, site=SITE, participant=participant)
        return next((self.team[role] for role in fillers if role in self.team), by)


@dataclass(frozen=True)
class _Page:
    """A form in somebody's hands; `form` is its code, "" where nobody asks about it."""

    form: str
    save: Callable[[list[Given]], Saved]
    complete: Callable[[], object]


def _refuse(saved: Saved, step: Step) -> None:
    """Raise RecordError when an answer was not stored: the simulation and the checks must agree."""
    problems = [Problem(one.message, one.hint, f"{step.form}.{one.item}") for one in saved.refused]
    problems += [saved.problem] if saved.problem else []
    if problems:
        raise RecordError(f"{step.participant}: {step.form} at {step.visit} was refused", problems)


def _dose_days(resolved: Resolved, records: Records) -> dict[str, str]:
    """Return participant to the simulated day of the visit that the anchor of the dose is."""
    anchor = resolved.protocol.anchors.get(DOSE)
    visits = records.visits
    held = visits[visits["visit"] == (anchor.visit if anchor else None)]
    return dict(zip(held["participant"], held["date"].astype(str), strict=True))


def _kits_given(records: Records) -> dict[str, str]:
    """Return participant to the kit of the first dose; whoever got none has none."""
    first = records.exposures[records.exposures["dose_number"] == 1]
    return {str(name): str(kit) for name, kit in zip(first["participant"], first["kit"], strict=True)}
