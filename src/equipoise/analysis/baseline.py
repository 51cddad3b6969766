"""Who was randomized: characteristics and scores at baseline, by arm and together.

Holds description. Refuses tests between arms at baseline, which would test a hypothesis known to be true.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from equipoise.analysis.blinded import ROLE
from equipoise.analysis.descriptives import shown_scores
from equipoise.analysis.evidence import Cohort, Evidence
from equipoise.analysis.plain import percent
from equipoise.analysis.variable import Scale, baseline_of
from equipoise.protocol.schedule import Item
from equipoise.statistics.describe import describe

Json = dict[str, Any]

DEMOGRAPHICS = "demographics"
MISSING = "Missing"
UNITS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours"}
"""UCUM codes that people would not read as words."""


def baseline_table(evidence: Evidence) -> list[Json]:
    """Return rows of the baseline table: characteristics, sites where there are several, then scores."""
    return [
        *_item_rows(evidence),
        *_site_rows(evidence),
        *(row for scale in shown_scores(evidence) for row in _score_rows(evidence, scale)),
    ]


def _item_rows(evidence: Evidence) -> Iterator[Json]:
    for form, item, visit in _characteristics(evidence):
        name = f"{form}.{item.id}"
        if item.type == "number" and (values := evidence.values_at(name, visit)):
            yield _numbers(evidence, name, item.label, UNITS.get(item.unit or "", item.unit), values)
        elif item.type == "code" and (levels := evidence.levels_at(name, visit)):
            yield from _counts(evidence, name, item.label, levels, labels=item.codes or {})


def _characteristics(evidence: Evidence) -> Iterator[tuple[str, Item, str]]:
    """Yield (form, item, visit) of demographics, strata and what scenarios call characteristics."""
    seen = set()
    for name in _names(evidence):
        bare, _, visit = name.partition("@")
        if bare not in evidence.resolved.names:
            continue
        form_id, item_id = evidence.resolved.locate(bare)
        form = evidence.resolved.forms[form_id]
        items = {item.id: item for item in form.all_items()}
        place = visit or _first_visit(evidence, form_id)
        hidden = evidence.blinded and ROLE in form.hidden_from
        if item_id in items and place and not hidden and (form_id, item_id) not in seen:
            seen.add((form_id, item_id))
            yield form_id, items[item_id], place


def _names(evidence: Evidence) -> Iterator[str]:
    protocol = evidence.resolved.protocol
    for form in protocol.forms:
        if form.standard == DEMOGRAPHICS:
            yield from (f"{form.id}.{item.id}" for item in evidence.resolved.forms[form.id].items)
    yield from (stratum.item for stratum in protocol.allocation.strata or () if stratum.item is not None)
    for scenario in protocol.simulation.scenarios if protocol.simulation is not None else ():
        yield from scenario.characteristics


def _first_visit(evidence: Evidence, form: str) -> str:
    return next((visit.id for visit in evidence.resolved.protocol.visits if form in visit.forms), "")


def _site_rows(evidence: Evidence) -> Iterator[Json]:
    sites = {who: row["site"] for who, row in evidence.participants.items() if row["site"] is not None}
    names = sorted(set(sites.values()))
    if len(names) > 1:
        yield from _counts(evidence, "site", "Site", sites, labels={name: name for name in names})


def _score_rows(evidence: Evidence, scale: Scale) -> Iterator[Json]:
    values = {who: reading.value for who, reading in baseline_of(evidence, scale.name).items()}
    if values:
        unit = scale.unit
        if scale.low is not None and scale.high is not None:
            unit = f"{scale.unit or ''}, {scale.low:g} to {scale.high:g}".removeprefix(", ")
        yield _numbers(evidence, scale.name, scale.label, unit, values)


def _numbers(
    evidence: Evidence, name: str, label: str, unit: str | None, values: Mapping[str, float]
) -> Json:
    def cell(cohort: Cohort) -> Json:
        found = describe([values[who] for who in cohort.members if who in values])
        return {
            "n": found.n,
            "missing": len(cohort.members) - found.n,
            "mean": found.mean,
            "sd": found.sd,
            "median": found.median,
            "q1": found.q1,
            "q3": found.q3,
            "min": found.minimum,
            "max": found.maximum,
            "count": None,
            "percent": None,
        }

    cells = _cells(evidence, cell)
    return {
        "variable": name,
        "label": label,
        "statistic": "mean_sd",
        "level": None,
        "level_label": None,
        "unit": unit,
        **cells,
    }


def _counts(
    evidence: Evidence, name: str, label: str, levels: Mapping[str, str], *, labels: Mapping[str, str]
) -> Iterator[Json]:
    unlisted = sorted(set(levels.values()) - set(labels))
    shown: list[tuple[str | None, str]] = [*labels.items(), *((level, level) for level in unlisted)]
    if any(who not in levels for who in evidence.randomized):
        shown.append((None, MISSING))
    for level, level_label in shown:

        def cell(cohort: Cohort, wanted: str | None = level) -> Json:
            count = sum(levels.get(who) == wanted for who in cohort.members)
            n = len(cohort.members)
            return {"n": n, "count": count, "percent": percent(count, n)}

        cells = _cells(evidence, cell)
        if level in labels or cells["total"]["count"]:
            yield {
                "variable": name,
                "label": label,
                "statistic": "n_percent",
                "level": level,
                "level_label": level_label,
                "unit": None,
                **cells,
            }


def _cells(evidence: Evidence, cell: Callable[[Cohort], Json]) -> Json:
    """Return one cell an arm and one for everybody; no arms when blinded."""
    arms = () if evidence.blinded else evidence.cohorts
    return {"by_arm": {cohort.arm: cell(cohort) for cohort in arms}, "total": cell(evidence.everybody)}
