"""Means by arm and visit, single courses, and what is missing.

Holds description only. Whether arms may be compared at a visit is said in each row; after planned unblinding,
and at visits of some arms only, they may not.
"""

from typing import Any

from equipoise.analysis.evidence import Cohort, Evidence
from equipoise.analysis.plain import percent
from equipoise.analysis.variable import Scale, baseline_of, scale_of
from equipoise.analysis.windows import Reading, days_between
from equipoise.protocol.comparison import comparable, unblinding_visit
from equipoise.protocol.schedule import Visit
from equipoise.statistics.describe import Description, describe

Json = dict[str, Any]

WITHOUT_MEAN = frozenset({"all", "any", "highest"})
"""How scores are computed that say yes or no, or name a level."""


def shown_scores(evidence: Evidence) -> tuple[Scale, ...]:
    """Return the scores that tables show: those of estimands, of endpoints, then each scale's primary one.

    Yes-or-no scores, levels of which a mean says nothing, and scores without a single value are left out.
    """
    protocol = evidence.resolved.protocol
    named = [one.variable.score for one in protocol.estimands]
    named += [endpoint.score for endpoint in protocol.endpoints if endpoint.score is not None]
    named += [f"{form.id}.{form.scores[0]}" for form in evidence.resolved.forms.values() if form.scores]
    scales = {scale.name: scale for scale in (scale_of(evidence, name) for name in named)}
    return tuple(
        scale
        for scale in scales.values()
        if not (scale.score is not None and scale.score.method in WITHOUT_MEAN)
        and evidence.readings(scale.name)
    )


def visits_of(evidence: Evidence, scale: Scale) -> tuple[Visit, ...]:
    """Return the visits at which a score is planned or was taken, unscheduled ones left out."""
    form = scale.name.partition(".")[0]
    taken = {visit for _, visit in evidence.readings(scale.name)}
    visits = evidence.resolved.protocol.visits
    return tuple(one for one in visits if not one.unscheduled and (form in one.forms or one.id in taken))


def descriptives_table(evidence: Evidence) -> list[Json]:
    """Return mean, spread and interval of each score by visit and arm, and of its change from baseline."""
    return [
        _row(evidence, scale, visit, cohort)
        for scale in shown_scores(evidence)
        for visit in visits_of(evidence, scale)
        for cohort in evidence.cohorts
        if visit.arms is None or cohort.arm in visit.arms
    ]


def _row(evidence: Evidence, scale: Scale, visit: Visit, cohort: Cohort) -> Json:
    values = evidence.values_at(scale.name, visit.id)
    observed = {who: values[who] for who in cohort.members if who in values}
    mean = describe(list(observed.values()))
    change = _change(evidence, scale, visit, observed)
    return {
        "score": scale.name,
        "label": scale.label,
        "unit": scale.unit,
        "scale_min": scale.low,
        "scale_max": scale.high,
        "higher_is": scale.higher_is,
        "visit": visit.id,
        "visit_label": visit.name,
        "day": evidence.study_day(visit.id),
        "arm": cohort.arm,
        "n": mean.n,
        "mean": mean.mean,
        "sd": mean.sd,
        "ci_low": mean.ci_low,
        "ci_high": mean.ci_high,
        "change_n": change.n if change else None,
        "change_mean": change.mean if change else None,
        "change_sd": change.sd if change else None,
        "change_ci_low": change.ci_low if change else None,
        "change_ci_high": change.ci_high if change else None,
        "randomized_comparison": comparable(evidence.resolved.protocol, visit.id),
    }


def _change(evidence: Evidence, scale: Scale, visit: Visit, observed: dict[str, float]) -> Description | None:
    """Return the description of the change from baseline; None up to the baseline visit."""
    order = [one.id for one in evidence.resolved.protocol.visits]
    start = evidence.resolved.protocol.baseline_visit
    if start is not None and order.index(visit.id) <= order.index(start):
        return None
    baseline = baseline_of(evidence, scale.name)
    return describe([value - baseline[who].value for who, value in observed.items() if who in baseline])


def missing_table(evidence: Evidence) -> list[Json]:
    """Return, for each score, visit and arm, how many values were expected and observed."""
    return [
        _missing_row(evidence, scale, visit, cohort)
        for scale in shown_scores(evidence)
        for visit in visits_of(evidence, scale)
        for cohort in evidence.cohorts
        if (visit.arms is None or cohort.arm in visit.arms) and not visit.offered
    ]


def _missing_row(evidence: Evidence, scale: Scale, visit: Visit, cohort: Cohort) -> Json:
    values = evidence.values_at(scale.name, visit.id)
    observed, expected = sum(who in values for who in cohort.members), len(cohort.members)
    return {
        "score": scale.name,
        "label": scale.label,
        "visit": visit.id,
        "visit_label": visit.name,
        "arm": cohort.arm,
        "expected": expected,
        "observed": observed,
        "percent": percent(expected - observed, expected),
    }


def individuals_table(evidence: Evidence) -> list[Json] | None:
    """Return each participant's course of each score; None when blinded, where nobody is shown singly."""
    if evidence.blinded:
        return None
    return [
        {"participant": who, "arm": evidence.arms[who], "score": scale.name, "points": course}
        for scale in shown_scores(evidence)
        for who, course in _courses(evidence, scale).items()
    ]


def _courses(evidence: Evidence, scale: Scale) -> dict[str, list[list[float]]]:
    """Return each randomized participant's points, by day."""
    found: dict[str, list[tuple[float, float]]] = {who: [] for who in evidence.randomized}
    for (who, visit), reading in evidence.readings(scale.name).items():
        day = _study_day(evidence, who, visit, reading)
        if who in found and day is not None:
            found[who].append((day, reading.value))
    return {who: [[day, value] for day, value in sorted(points)] for who, points in found.items()}


def _study_day(evidence: Evidence, who: str, visit: str, reading: Reading) -> float | None:
    """Return the day from the primary visit's anchor, by date where known, else as planned."""
    protocol = evidence.resolved.protocol
    main = protocol.visit(protocol.primary.variable.visit).anchor
    start = evidence.anchor_dates.get((who, main or ""))
    if start is not None and reading.date is not None:
        return float(days_between(start, reading.date))
    if protocol.visit(reading.visit).anchor == main and reading.day is not None:
        return reading.day
    planned = evidence.study_day(visit)
    return None if planned is None else float(planned)


def lines_table(evidence: Evidence) -> Json:
    """Return the days a figure draws lines at: planned unblinding, and the primary visit."""
    protocol = evidence.resolved.protocol
    told = unblinding_visit(protocol)
    text = next(
        (event.text for event in protocol.events if told is not None and event.visit == told.id), None
    )
    return {
        "unblinding_day": None if told is None else evidence.study_day(told.id),
        "unblinding_visit": None if told is None else told.id,
        "unblinding_text": text,
        "primary_day": evidence.study_day(protocol.primary.variable.visit),
        "primary_visit": protocol.primary.variable.visit,
    }
