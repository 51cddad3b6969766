"""A form as it is filled: what was typed becomes answers, and what they mean together is found out.

Holds the judgment of one form: problems, which items are shown, scores, and the safety rules that fire. The
same judgment runs on the server, on import and in simulation. Refuses to look up answers of other forms: it
is handed a look-up.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from equipoise.errors import RecordError
from equipoise.expressions import Expression, Name
from equipoise.instruments import Instrument, scoring
from equipoise.instruments.answers import closed
from equipoise.protocol.answer import Answer, Finding, Typed, range_findings, read
from equipoise.protocol.care import SafetyRule
from equipoise.protocol.form_plan import Plan, is_own, plan
from equipoise.protocol.resolve import Resolved, ResolvedForm

Place = tuple[str, int]
"""(item, row): row 0 outside repeating groups, from 1 inside."""
Look = Callable[[Name], Any]
"""Answers of other forms and visits by name, as `records.facts` gives them: None where there is none."""

Scaled = dict[str, int | float | str | None]

LONGEST_NAME = 64
MOST_ROWS = 1_000
"""Rows of a group that names no maximum."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score; `lacking` are the items it needs that were asked and have no answer."""

    value: float | None
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fired:
    """A safety rule that holds, or (`certain` False) that an answer missing from the form leaves open."""

    rule: SafetyRule
    certain: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """A form with its answers, judged.

    answers    what could be read, by place
    findings   everything wrong or doubtful, in the form's order
    skipped    places that the answers before them skip
    scores     every score of the form
    fired      safety rules over this form that hold or cannot be decided
    wanted     places whose answer is asked for
    """

    answers: Mapping[Place, Answer]
    findings: tuple[Finding, ...]
    skipped: frozenset[Place]
    scores: Mapping[str, Score]
    fired: tuple[Fired, ...]
    wanted: tuple[Place, ...]

    @property
    def asked(self) -> int:
        """How many answers are asked for."""
        return len(self.wanted)

    @property
    def answered(self) -> int:
        """How many of them were given, reasons for missing ones included."""
        return self.asked - len(self.gaps)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps an answer from being stored."""
        return tuple(one for one in self.findings if one.severity == "error" and one.kind != "required")

    @property
    def gaps(self) -> tuple[Finding, ...]:
        """Required answers that are missing without a reason: what keeps the form from being complete."""
        return tuple(one for one in self.findings if one.kind == "required")

    @property
    def doubts(self) -> tuple[Finding, ...]:
        """What a person should look at, though it may be true."""
        return tuple(one for one in self.findings if one.severity == "warning")


def nobody(_name: Name) -> None:
    """Look nothing up: for forms whose rules read nothing but themselves."""


def fill(
    form: ResolvedForm,
    typed: Mapping[Place, Typed],
    *,
    look: Look,
    resolved: Resolved,
    visit: str = "",
    zone: tzinfo | None = None,
) -> Filled:
    """Read and judge a form.

    typed    what was typed, by item and row; items left out are unanswered
    look     answers of other forms and visits
    visit    the visit it is filled at, so that rules naming this visit read what was typed
    zone     the site's time zone, for instants typed without an offset
    """
    answers, findings = read_all(form, typed, resolved=resolved, zone=zone)
    judged = judge(form, answers, look=look, resolved=resolved, visit=visit)
    order = {item: number for number, item in enumerate(plan(form, resolved).items)}
    wrong = {(one.item, one.row) for one in findings}
    both = [*findings, *(one for one in judged.findings if not _repeats(one, wrong))]
    both.sort(key=lambda one: (order.get(one.item, len(order)), one.row))
    return Filled(
        answers=judged.answers,
        findings=tuple(both),
        skipped=judged.skipped,
        scores=judged.scores,
        fired=judged.fired,
        wanted=judged.wanted,
    )


def _repeats(finding: Finding, wrong: set[Place]) -> bool:
    """Say whether a finding adds nothing to what is known of a place: no answer where one was refused."""
    return finding.kind in ("required", "range", "decimals") and (finding.item, finding.row) in wrong


def read_all(
    form: ResolvedForm, typed: Mapping[Place, Typed], *, resolved: Resolved, zone: tzinfo | None = None
) -> tuple[dict[Place, Answer], list[Finding]]:
    """Read every answer on its own; those that cannot be stored are left out and found."""
    ready = plan(form, resolved)
    answers: dict[Place, Answer] = {}
    findings: list[Finding] = []
    for (name, row), given in typed.items():
        item = ready.items.get(name)
        if item is None or not _is_row(ready, name, row):
            findings.append(_stranger(ready, name, row))
            continue
        answer, found = read(item, given, row=row, of_scale=name in ready.scale, zone=zone)
        findings += found
        if answer is not None:
            answers[name, row] = answer
    return answers, findings


def _is_row(ready: Plan, name: str, row: int) -> bool:
    """Say whether an item has this row: 0 outside groups, from 1 to the group's most rows inside."""
    if name not in ready.grouped:
        return row == 0
    group = next(one for one in ready.form.groups if one.id == ready.grouped[name])
    return 1 <= row <= (group.repeats.maximum or MOST_ROWS)


def _stranger(ready: Plan, name: str, row: int) -> Finding:
    if name in ready.items:
        hint = "rows of a group count from 1" if name in ready.grouped else "it has no rows"
        return Finding("unknown_item", name, row, f"there is no row {row} of this item", hint)
    return unknown_item(name, row)


def unknown_item(name: str, row: int) -> Finding:
    """Return what is said of an item that the form does not have, or not for this person."""
    short = name[:LONGEST_NAME]
    return Finding("unknown_item", short, row, f"the form has no item `{short}`", "reload the page")


def judge(
    form: ResolvedForm, answers: Mapping[Place, Answer], *, look: Look, resolved: Resolved, visit: str = ""
) -> Filled:
    """Judge answers that were read before: what is shown, missing, doubtful; scores; safety rules."""
    ready = plan(form, resolved)
    known = _Known(ready, answers, look, visit)
    scaled = _scaled(form.instrument, answers)
    skipped = _skipped(ready, known, answers) | _gated(form.instrument, scaled)
    scores = _scores(form.instrument, scaled, skipped)
    known.scores = {name: score.value for name, score in scores.items()}
    excused = skipped | _covered(form, scaled)
    wanted = [
        place for place in _places(ready, answers) if place not in excused and ready.items[place[0]].required
    ]
    open_places = [place for place in wanted if not _is_given(answers.get(place))]
    findings = [_gap(place) for place in open_places]
    findings += _doubts(ready, answers, skipped)
    findings += _check_findings(ready, known)
    return Filled(
        answers=answers,
        findings=tuple(findings),
        skipped=skipped,
        scores=scores,
        fired=tuple(_fired(ready, known, skipped, scores)),
        wanted=tuple(wanted),
    )


def _is_given(answer: Answer | None) -> bool:
    return answer is not None and (answer.value is not None or bool(answer.missing_reason))


def _places(ready: Plan, answers: Mapping[Place, Answer]) -> Iterator[Place]:
    """Yield every place of the form in its order: items, then each group's rows that exist."""
    rows: dict[str, set[int]] = {}
    if ready.grouped:
        for name, row in answers:
            if row and name in ready.grouped:
                rows.setdefault(ready.grouped[name], set()).add(row)
    for name in ready.items:
        if name not in ready.grouped:
            yield name, 0
    for group in ready.form.groups:
        for row in sorted(rows.get(group.id, ())):
            for item in group.items:
                yield item.id, row


class _Known:
    """What rules of a form may ask: its own answers first, then whatever the look-up knows."""

    __slots__ = ("_answers", "_look", "_ready", "_visit", "row", "scores")

    def __init__(self, ready: Plan, answers: Mapping[Place, Answer], look: Look, visit: str) -> None:
        self._ready, self._answers, self._look, self._visit = ready, answers, look, visit
        self.scores: Mapping[str, float | None] = {}
        self.row = 0

    def __call__(self, name: Name) -> Any:
        if name.visit not in (None, self._visit) or not is_own(name, self._ready.form, self._ready.items):
            return self._look(name)
        item = name.item
        if item in self.scores:
            return self.scores[item]
        answer = self._answers.get((item, self.row)) or self._answers.get((item, 0))
        return None if answer is None else value_of(answer, of_scale=item in self._ready.scale)


def value_of(answer: Answer, *, of_scale: bool) -> float | str | None:
    """Return an answer as expressions know it: the code of a scale is a number, a form's own is a text."""
    if answer.code is not None and of_scale:
        return float(answer.code)
    return answer.value


def _skipped(ready: Plan, known: _Known, answers: Mapping[Place, Answer]) -> frozenset[Place]:
    """Return the places whose condition is known not to hold; unknown shows them."""
    if not ready.conditions:
        return frozenset()
    rows: dict[str, list[int]] = {}
    for name, row in _places(ready, answers):
        rows.setdefault(name, []).append(row)
    skipped = set()
    for name, condition in ready.conditions:
        for row in rows.get(name, ()):
            known.row = row
            if _decided(condition, known) is False:
                skipped.add((name, row))
    known.row = 0
    return frozenset(skipped)


def _decided(rule: Expression, known: _Known) -> bool | None:
    """Return whether a rule holds; None when it cannot be decided, also because values do not go together."""
    try:
        held = rule.evaluate(known)
    except RecordError:
        return None
    return held if isinstance(held, bool) else None


def _scaled(instrument: Instrument | None, answers: Mapping[Place, Answer]) -> Scaled:
    """Return the answers to a rating scale's items as scoring knows them."""
    found: dict[str, int | float | str | None] = {}
    for item in instrument.items if instrument is not None else ():
        answer = answers.get((item.id, 0))
        if answer is not None and item.type != "text":
            found[item.id] = value_of(answer, of_scale=True)
    return found


def _gated(instrument: Instrument | None, scaled: Scaled) -> frozenset[Place]:
    """Return what a rating scale's own gates skip, as its scoring sees it."""
    if instrument is None or not instrument.gates:
        return frozenset()
    return frozenset((item, 0) for item in closed(scaled, instrument.items))


def _covered(form: ResolvedForm, scaled: Scaled) -> frozenset[Place]:
    """Return the unanswered items of groups of which one answer is enough."""
    groups = form.instrument.either if form.instrument is not None else ()
    given = {name for name, value in scaled.items() if value is not None}
    return frozenset(
        (item, 0) for group in groups if given.intersection(group) for item in set(group) - given
    )


def _scores(instrument: Instrument | None, scaled: Scaled, skipped: frozenset[Place]) -> dict[str, Score]:
    if instrument is None or not instrument.plans:
        return {}
    values = scoring.evaluate(instrument.plans.values(), scoring.settle(instrument.items, scaled))
    lacking = [
        item.id for item in instrument.items if scaled.get(item.id) is None and (item.id, 0) not in skipped
    ]
    found = {}
    needed: dict[str, set[str]] = {}
    for name, value in values.items():
        own = instrument.plans[name]
        needed[name] = {item for term in own.terms for slot in term for item in slot}
        for rule in own.rules:
            needed[name] |= needed.get(rule.of, {rule.of})
        missing = () if value is not None else tuple(item for item in lacking if item in needed[name])
        found[name] = Score(value, missing)
    return found


def _gap(place: Place) -> Finding:
    hint = "answer, or say why there is none"
    return Finding("required", place[0], place[1], "no answer yet", hint, check="required")


def _doubts(ready: Plan, answers: Mapping[Place, Answer], skipped: frozenset[Place]) -> Iterator[Finding]:
    for place, answer in answers.items():
        if place in skipped and answer.value is not None:
            message = "answered although the answers before it skip this question"
            yield Finding("skipped", *place, message, "check both", "warning", "skipped")
        elif answer.number is not None and place[0] in ready.items:
            yield from range_findings(ready.items[place[0]], answer.number, row=place[1], severity="warning")


def _check_findings(ready: Plan, known: _Known) -> Iterator[Finding]:
    for check, rule in ready.checks:
        message = check.message
        try:
            broken = rule.evaluate(known) is False
        except RecordError as error:
            broken, message = True, str(error)
        if broken:
            own = [name.item for name in rule.names if is_own(name, ready.form, ready.items)]
            first = next((item for item in ready.items if item in own), "")
            row_zero = first if first not in ready.grouped else ""
            yield Finding("check", row_zero, 0, message, "", "warning", check.id)


def _fired(
    ready: Plan, known: _Known, skipped: frozenset[Place], scores: Mapping[str, Score]
) -> Iterator[Fired]:
    """Yield the safety rules that hold, and those that an answer missing from this form leaves open.

    What another form leaves open is that form's to say; what the answers skip was not to be asked.
    """
    for rule, parsed in ready.safety:
        held = _decided(parsed, known)
        if held is True:
            yield Fired(rule, certain=True)
        elif held is None and any(_is_lacking(name, ready, known, skipped, scores) for name in parsed.names):
            yield Fired(rule, certain=False)


def _is_lacking(
    name: Name, ready: Plan, known: _Known, skipped: frozenset[Place], scores: Mapping[str, Score]
) -> bool:
    """Say whether a name is an answer of this form, or rests on one, that was asked for and not given."""
    if not is_own(name, ready.form, ready.items) or known(name) is not None:
        return False
    return bool(scores[name.item].lacking) if name.item in scores else (name.item, 0) not in skipped
