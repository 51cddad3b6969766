"""Who guessed which arm, how sure they were, and what they expected beforehand.

Holds counts and the blinding indices of Bang and James. Refuses to read a right guess as broken blinding or
its cause: a good outcome raises the guess as well. Empty in a blinded analysis.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.analysis.blinded import hidden_forms
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.plain import number
from equipoise.analysis.variable import Scale, baseline_of, scale_of
from equipoise.errors import FitError
from equipoise.protocol import ResolvedForm
from equipoise.statistics.blinding import (
    bang_by_arm,
    bang_with_certainty,
    certainty_weights,
    cross_tabulate,
    james,
    james_with_certainty,
)
from equipoise.statistics.describe import describe
from equipoise.statistics.estimate import Estimate

Json = dict[str, Any]

UNSURE = "unsure"
UNSURE_LABEL = "Cannot say"
CERTAINTY = "certainty"
WEIGHTED = ", weighted by certainty"
EXPECTANCY = "treatment_expectancy"


@dataclass(frozen=True)
class Guesses:
    """The guesses of one role at one visit.

    guessed   participant to the arm guessed, or UNSURE
    certain   participant to how certain the guess was
    """

    form: str
    role: str
    visit: str
    guessed: dict[str, str]
    certain: dict[str, float]


def guesses_of(evidence: Evidence) -> list[Guesses]:
    """Return the guesses by form and visit; none when blinded."""
    if evidence.blinded:
        return []
    found = []
    for form in evidence.resolved.forms.values():
        item = _guess_item(form)
        if item is not None:
            rows = evidence.item_values(form.id, item)
            visits = _since_dose(evidence)
            held = sorted({row["visit"] for row in rows}.intersection(visits), key=visits.index)
            found += [_at(evidence, form, item, visit) for visit in held]
    return [one for one in found if one.guessed]


def _since_dose(evidence: Evidence) -> list[str]:
    """Return the visits from the first dose on: raters are asked before it too, when nobody can know."""
    protocol = evidence.resolved.protocol
    visits = [one.id for one in protocol.visits]
    doses = [visits.index(one.visit) for one in protocol.anchors.values() if one.visit in visits]
    return visits[min(doses, default=0) :]


def _guess_item(form: ResolvedForm) -> str | None:
    items = form.instrument.items if form.instrument is not None else ()
    return next((item.id for item in items if item.arms), None)


def _at(evidence: Evidence, form: ResolvedForm, item: str, visit: str) -> Guesses:
    asked = set(evidence.randomized)
    answers = {
        who: code for who, code in evidence.levels_at(f"{form.id}.{item}", visit).items() if who in asked
    }
    certain = {}
    if CERTAINTY in {one.id for one in form.items}:
        certain = evidence.values_at(f"{form.id}.{CERTAINTY}", visit)
    return Guesses(
        form=form.id,
        role=" or ".join(form.fillers),
        visit=visit,
        guessed={who: form.arms.get(code, UNSURE) for who, code in answers.items()},
        certain={who: value for who, value in certain.items() if who in answers},
    )


def guesses_table(evidence: Evidence) -> list[Json]:
    """Return counts by role, visit, arm and guess; `right` is None for somebody who could not say."""
    labels = {arm.id: arm.name for arm in evidence.resolved.protocol.arms} | {UNSURE: UNSURE_LABEL}
    return [
        {
            "role": one.role,
            "visit": one.visit,
            "arm": cohort.arm,
            "guess": guess,
            "guess_label": label,
            "count": sum(one.guessed.get(who) == guess for who in cohort.members),
            "right": None if guess == UNSURE else guess == cohort.arm,
        }
        for one in guesses_of(evidence)
        for cohort in evidence.cohorts
        for guess, label in labels.items()
    ]


def indices_table(evidence: Evidence) -> list[Json]:
    """Return Bang's index by arm and James's index over all arms, by role and visit.

    Where certainty was asked, both a second time with guesses weighted by it.
    """
    return [row for one in guesses_of(evidence) for row in _indices(evidence, one)]


def _indices(evidence: Evidence, one: Guesses) -> Iterator[Json]:
    who = sorted(one.guessed)
    order = [arm.id for arm in evidence.resolved.protocol.arms]
    table = cross_tabulate(
        [one.guessed[each] for each in who],
        [evidence.arms[each] for each in who],
        order=order,
        unknown=UNSURE,
    )
    for arm, found in bang_by_arm(table, order).items():
        yield _index(one, found, arm=str(arm), n=int(table[:, order.index(str(arm))].sum()), method="Bang")
    try:
        yield _index(one, james(table), arm=None, n=len(who), method="James")
    except FitError:
        return
    yield from _weighted(evidence, one, order)


def _weighted(evidence: Evidence, one: Guesses, order: list[str]) -> Iterator[Json]:
    """Yield the indices with guesses weighted by certainty, among whoever rated it or could not say."""
    ends = _certainty_ends(evidence, one.form) if one.certain else None
    who = sorted(each for each in one.guessed if each in one.certain or one.guessed[each] == UNSURE)
    if ends is None or not who:
        return
    lowest, highest = ends
    ratings = [one.certain.get(each, lowest) for each in who]
    guesses, arms = [one.guessed[each] for each in who], [evidence.arms[each] for each in who]
    weights = certainty_weights(ratings, lowest=lowest, highest=highest)
    found = bang_with_certainty(guesses, arms, weights, order=order, unknown=UNSURE)
    for arm, index in found.items():
        yield _index(one, index, arm=str(arm), n=arms.count(str(arm)), method=f"Bang{WEIGHTED}")
    overall = james_with_certainty(guesses, arms, weights, order=order, unknown=UNSURE)
    yield _index(one, overall, arm=None, n=len(who), method=f"James{WEIGHTED}")


def _certainty_ends(evidence: Evidence, form: str) -> tuple[float, float] | None:
    """Return the lowest and highest rating of certainty; None where the form does not say."""
    item = evidence.resolved.forms[form].item(CERTAINTY)
    values = [float(code) for code in item.codes or ()] or list(item.range or ())
    return (min(values), max(values)) if values else None


def _index(one: Guesses, found: Estimate, *, arm: str | None, n: int, method: str) -> Json:
    return {
        "role": one.role,
        "visit": one.visit,
        "arm": arm,
        "index": number(found.estimate),
        "std_error": number(found.std_error),
        "ci_low": number(found.ci_low),
        "ci_high": number(found.ci_high),
        "n": n,
        "method": method,
    }


def certainty_table(evidence: Evidence) -> list[Json]:
    """Return how certain the guesses were, by role, visit and arm."""
    return [
        {
            "role": one.role,
            "visit": one.visit,
            "arm": cohort.arm,
            **_moments([one.certain[who] for who in cohort.members if who in one.certain]),
            "label": _certainty_label(evidence, one.form),
        }
        for one in guesses_of(evidence)
        if one.certain
        for cohort in evidence.cohorts
    ]


def _certainty_label(evidence: Evidence, form: str) -> str:
    codes = evidence.resolved.forms[form].item(CERTAINTY).codes or {}
    label = evidence.resolved.forms[form].item(CERTAINTY).label
    ends = list(codes.items())
    return f"{label}: {ends[0][0]} {ends[0][1]} to {ends[-1][0]} {ends[-1][1]}" if ends else label


def expectancy_table(evidence: Evidence) -> list[Json]:
    """Return what participants expected of the treatment at baseline; nothing where that is hidden."""
    hidden = hidden_forms(evidence.resolved) if evidence.blinded else frozenset[str]()
    forms = [
        form
        for form in evidence.resolved.forms.values()
        if form.instrument is not None and form.instrument.id == EXPECTANCY and form.id not in hidden
    ]
    scales = [scale_of(evidence, f"{form.id}.{score}") for form in forms for score in form.scores]
    return [row for scale in scales for row in _expected(evidence, scale)]


def _expected(evidence: Evidence, scale: Scale) -> list[Json]:
    values = {who: reading.value for who, reading in baseline_of(evidence, scale.name).items()}
    return [
        {
            "arm": cohort.arm,
            **_moments([values[who] for who in cohort.members if who in values]),
            "score": scale.name,
            "label": scale.label,
            "scale_min": scale.low,
            "scale_max": scale.high,
        }
        for cohort in evidence.cohorts
        if values
    ]


def _moments(values: Sequence[float]) -> Json:
    found = describe(list(values))
    return {"n": found.n, "mean": found.mean, "sd": found.sd}
