"""What people answer on a form: items that score to the totals drawn, and plausible answers to the rest.

Holds the filling of one form by some people at one visit. Refuses to know what is special about dosing days
and logs (`dosing_day`, `happening`), and to decide who fills what (`forms`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.design.belief import DO_NOT_KNOW, THRESHOLD, Beliefs
from equipoise.design.characteristic import alarming
from equipoise.design.dates import MINUTES_PER_DAY, iso_dates, iso_instants
from equipoise.design.eligibility import Key
from equipoise.design.entries import Kind, Page
from equipoise.design.measure import Measure, measure_of
from equipoise.design.split import Ladder, ladder_of, split
from equipoise.design.truth import Truth
from equipoise.expressions import parse
from equipoise.instruments import Instrument
from equipoise.instruments import Item as ScaleItem
from equipoise.protocol.resolve import ResolvedForm
from equipoise.protocol.schedule import Item

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Values = NDArray[Any]

INVENTED = "Simulated"
"""Stands where a person would have written something."""
TIME = "12:00"
TRAIT = 0.6
"""Weight of a participant's lasting level beside chance, where nothing is said (assumption)."""
CERTAINTY_STEP = 0.05
"""Distance of the belief from one half that makes a guess one code more certain (assumption)."""
GUESS, CERTAINTY = "guess", "certainty"


@dataclass(frozen=True)
class Respondents:
    """m people who fill forms, and where their answers come from.

    draw    purpose and number of columns to (m, columns) uniform numbers
    value   item and visit to (m,) values among such people
    steps   measure and visit to (m,) steps of a score drawn for them; None where none was
    """

    truth: Truth
    draw: Callable[[str, int], Floats]
    value: Callable[[Key], Values]
    steps: Callable[[Measure, str], Floats | None]

    def states(self, name: str, visit: str) -> bool:
        """Return whether scenario or eligibility say what an item is like."""
        demanded = self.truth.people.demands.distributions
        return name in self.truth.scenario.characteristics or (name, visit) in demanded


def fill(page: Page, form: ResolvedForm, *, by: Respondents) -> None:
    """Add one form's answers."""
    known: set[str] = set()
    if form.instrument is not None:
        known = set(form.instrument.item_ids)
        _add_scale(page, form.instrument, answers=_scale(form, page.visit, by=by))
    given: dict[str, Values] = {}
    for item in form.all_items():
        if item.id not in known:
            given[item.id] = _add_item(page, form, item=item, given=given, by=by)


def fill_guess(page: Page, form: ResolvedForm, *, by: Respondents, beliefs: Beliefs) -> None:
    """Add a treatment guess, with a certainty that follows the distance of the belief from one half.

    beliefs  of these people, each array (1, m)
    """
    arms = [arm.id for arm in by.truth.arms]
    code_of = {arms.index(arm): float(code) for code, arm in form.arms.items()}
    silent = next((float(code) for code in form.item(GUESS).codes or {} if code not in form.arms), np.nan)
    answers = _plausible(form, page.visit, by=by)
    answers[GUESS] = np.array(
        [silent if one == DO_NOT_KNOW else code_of.get(one, silent) for one in beliefs.guess[0].tolist()]
    )
    codes = np.array(sorted(float(code) for code in form.item(CERTAINTY).codes or {"1": ""}))
    sure = np.floor(np.abs(beliefs.belief[0] - THRESHOLD) / CERTAINTY_STEP).astype(np.int64)
    answers[CERTAINTY] = codes[np.clip(sure, 0, codes.size - 1)]
    _add_scale(page, _scale_of(form), answers=_gated(_scale_of(form), answers))


def _scale_of(form: ResolvedForm) -> Instrument:
    if form.instrument is None:
        raise ValueError(f"`{form.id}` is no scale")
    return form.instrument


def _add_scale(page: Page, instrument: Instrument, *, answers: dict[str, Floats]) -> None:
    numbers = [item.id for item in instrument.items if item.type != "text"]
    page.add_numbers(numbers, np.stack([answers[item] for item in numbers], axis=1))
    for item in instrument.items:
        if item.type == "text" and item.required:
            page.add_word(item.id, INVENTED, kind="text")


def _scale(form: ResolvedForm, visit: str, *, by: Respondents) -> dict[str, Floats]:
    """Return the answers to a scale: those that make its drawn scores, and plausible ones to the rest."""
    instrument = _scale_of(form)
    answers: dict[str, Floats] = {}
    for score in instrument.score_ids:
        name = f"{form.id}.{score}"
        steps = None
        if name in by.truth.courses:
            steps = by.steps(by.truth.courses[name].measure, visit)
        elif name in by.truth.scenario.characteristics:
            measure = measure_of(by.truth.resolved, name)
            steps = measure.steps(by.value((name, visit)).astype(np.float64))
        if steps is not None:
            ladder = by.truth.remembered(f"ladder/{name}", partial(_ladder_of, instrument, score))
            answers |= split(
                np.rint(steps).astype(np.int64),
                ladder,
                uniform=by.draw(f"items/{name}/{visit}", ladder.draws),
                habits=by.draw(f"habit/{name}", len(ladder.terms)),
            )
    if len(answers) < len(_choices_of(instrument, by)):
        answers = _plausible(form, visit, by=by) | answers
    return _gated(instrument, answers)


def _plausible(form: ResolvedForm, visit: str, *, by: Respondents) -> dict[str, Floats]:
    """Return answers nobody models: from a participant's lasting level on the form, and chance."""
    instrument = _scale_of(form)
    choices = _choices_of(instrument, by)
    level = by.draw(f"level/{form.id}", 1)
    shares = TRAIT * level + (1 - TRAIT) * by.draw(f"answers/{form.id}/{visit}", len(choices))
    places = (shares * [codes.size for codes in choices.values()]).astype(np.int64)
    unused = {other for group in instrument.either for other in group[1:]}
    answers = {}
    for column, (item, codes) in enumerate(choices.items()):
        answers[item] = codes[places[:, column]]
        if by.states(f"{form.id}.{item}", visit):
            answers[item] = by.value((f"{form.id}.{item}", visit)).astype(np.float64)
        if item in unused:
            answers[item] = np.full(level.size, np.nan)
    return answers


def _ladder_of(instrument: Instrument, score: str) -> Ladder:
    return ladder_of(instrument.plans[score], instrument)


def _choices_of(instrument: Instrument, by: Respondents) -> dict[str, Floats]:
    return by.truth.remembered(f"choices/{instrument.id}", partial(_all_choices, instrument))


def _all_choices(instrument: Instrument) -> dict[str, Floats]:
    """Return each item's possible answers, rising; of items that can raise an alert only the lowest."""
    quiet = alarming(instrument)
    found = {item.id: _choices(item) for item in instrument.items if item.type != "text"}
    return {item: codes[:1] if item in quiet else codes for item, codes in found.items()}


def _choices(item: ScaleItem) -> Floats:
    if item.type == "code":
        return np.array(sorted(item.codes), dtype=np.float64)
    low, high = item.range
    return np.arange(low, high + 1)


def _gated(instrument: Instrument, answers: dict[str, Floats]) -> dict[str, Floats]:
    """Take back the answers to items that other answers leave out."""
    found = dict(answers)
    for item, asked in instrument.gates.items():
        if item in found:
            opened = [found[other] == asked.equals for other in asked.items]
            found[item] = np.where(np.logical_or.reduce(opened), found[item], np.nan)
    return found


def _add_item(
    page: Page, form: ResolvedForm, *, item: Item, given: dict[str, Values], by: Respondents
) -> Values:
    """Add and return the answers to an item of a form's own; `given` are those to the items before it."""
    answer = _answer(page, form, item=item, by=by)
    if item.show_if is not None:
        answer = _blanked(answer, _shown(item.show_if, given, size=page.people.size))
    if item.type == "number":
        page.add_numbers([item.id], answer.astype(np.float64)[:, None], units=[item.unit])
    else:
        page.add_words(item.id, answer, kind=kind_of(item))
    return answer


def kind_of(item: Item) -> Kind:
    """Return in which column the answers to an item that is no number stand."""
    return "text" if item.type == "text" else "code" if item.type == "code" else "date"


def _answer(page: Page, form: ResolvedForm, *, item: Item, by: Respondents) -> Values:
    name = f"{form.id}.{item.id}"
    if item.type == "number":
        course = by.truth.courses.get(name)
        steps = by.steps(course.measure, page.visit) if course is not None else None
        if course is not None and steps is not None:
            return course.measure.points(steps)
    if item.type in {"number", "code"}:
        return by.value((name, page.visit))
    if item.type == "instant":
        return iso_instants(page.minutes)
    if item.type in {"date", "partial_date"}:
        return iso_dates(page.minutes // MINUTES_PER_DAY)
    word = TIME if item.type == "time" else INVENTED
    return np.full(page.people.size, word if item.required else None, dtype=object)


def _shown(rule: str, given: dict[str, Values], *, size: int) -> Flags:
    """Return for whom an item is asked, by the answers to those before it; unknown shows it."""
    parsed = parse(rule)
    listed = {name: values.tolist() for name, values in given.items()}
    rows = [
        {name: listed[name.item][row] for name in parsed.names if name.item in listed} for row in range(size)
    ]
    return np.array([parsed.evaluate(row) is not False for row in rows], dtype=bool)


def _blanked(answer: Values, shown: Flags) -> Values:
    left = answer.copy()
    left[~shown] = np.nan if answer.dtype.kind == "f" else None
    return left
