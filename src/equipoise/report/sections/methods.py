"""The methods in words, made from the protocol, and the conventions the results were computed by.

Holds sentences about the plan. Refuses results, and anything that neither file says.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from equipoise.report import conventions, numerals, wording
from equipoise.report.blocks import Block, Entry, Heading, Listing, Prose, Section, missing
from equipoise.report.folder import Row
from equipoise.report.sections.estimands import ESTIMATORS, IMPUTED
from equipoise.report.sections.multiplicity import METHODS as PROCEDURES
from equipoise.report.trial import Trial, number

ID, TITLE = "methods", "Methods"
ALLOCATION = {
    "complete": "complete randomization",
    "permuted_blocks": "permuted blocks",
    "big_stick": "the big stick design",
    "efron": "Efron's biased coin",
    "minimization": "minimization with a biased coin",
}
ASSUMED = "(assumption: no source says)"
ASSUMED_MISSING = {
    "complete_cases": "participants without the value are left out",
    "missing_at_random": "missing values are taken to be missing at random",
    "failure": "a missing value counts as no response",
}

IMPUTED_MISSING = "values missing before a later one that was seen are taken to be missing at random"


def section(trial: Trial) -> Section:
    """Return the section."""
    plan = trial.plan
    if not plan:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    parts: list[tuple[str, str, Sequence[Block]]] = [
        ("Design", "methods-design", [Prose(text) for text in _design(trial)]),
        ("Participants", "methods-participants", _eligibility(plan)),
        ("Treatment", "methods-treatment", _treatment(trial)),
        ("Outcomes", "methods-outcomes", _outcomes(plan)),
        (
            "Randomization and masking",
            "methods-randomization",
            [Prose(text) for text in _randomization(trial)],
        ),
        ("Statistical analysis", "methods-statistics", [Prose(text) for text in _statistics(trial)]),
        ("What the protocol leaves open", "methods-open", _open(trial)),
    ]
    blocks: list[Block] = [
        Prose(
            "Written from the protocol file, which alone is binding; “as computed” is the analysis speaking.",
            tone="note",
        )
    ]
    for title, id_, found in parts:
        if found:
            blocks += [Heading(title, id=id_), *found]
    return Section(ID, TITLE, tuple(blocks))


def _design(trial: Trial) -> list[str]:
    plan, identity = trial.plan, _map(trial.plan, "trial")
    phase = f"phase {identity['phase']} " if identity.get("phase") else ""
    arms = f" with {numerals.plural(len(trial.arms), 'arm')}" if trial.arms else ""
    sites = identity.get("sites_planned")
    where = f" at {numerals.plural(sites, 'site')}" if sites else ""
    texts = [f"This is a {phase}randomized trial{arms}{where}."]
    if identity.get("sponsor"):
        texts[0] += f" Sponsor: {wording.stop(str(identity['sponsor']))}"
    registry = _map(identity, "registry")
    registrations = [
        f"{name}{registry[key]}" for key, name in REGISTRIES.items() if _is_text(registry.get(key))
    ]
    if registrations:
        texts.append(f"Registered as {numerals.listing(registrations)}.")
    objectives = [
        f"{wording.opening(str(row.get('level')))}: {wording.stop(str(row.get('text')))}"
        for row in _rows(plan, "objectives")
    ]
    return [*texts, *([" ".join(objectives)] if objectives else [])]


REGISTRIES = {"nct": "ClinicalTrials.gov ", "euct": "EU trial number ", "isrctn": "", "other": ""}


def _eligibility(plan: Row) -> list[Block]:
    found: list[Block] = []
    for kind, lead in (
        ("inclusion", "Included were people who met all of these:"),
        ("exclusion", "Excluded were people with any of these:"),
    ):
        entries = tuple(
            Entry(str(row.get("text"))) for row in _rows(plan, "eligibility") if row.get("kind") == kind
        )
        if entries:
            found += [Prose(lead), Listing(entries)]
    return found


def _treatment(trial: Trial) -> list[Block]:
    plan = trial.plan
    blocks: list[Block] = []
    if trial.arms:
        given = {str(row.get("id")): row for row in _rows(plan, "interventions")}
        entries = tuple(
            Entry(_sequence(row, given), lead=f"{row.get('label') or row.get('id')}.")
            for row in _rows(plan, "arms")
        )
        blocks.append(Listing(entries))
    support = _map(plan, "support_model")
    texts = [
        wording.stop(str(support[key]))
        for key in ("text", "manual", "fidelity", "separation")
        if _is_text(support.get(key))
    ]
    blocks += [Prose(" ".join(texts))] if texts else []
    sessions = tuple(Entry(_session(row), lead=f"{row.get('label')}.") for row in _rows(plan, "sessions"))
    return [*blocks, *([Listing(sessions)] if sessions else [])]


def _sequence(arm: Row, given: dict[str, Row]) -> str:
    """Return "Treatment: niacin 100 mg by mouth. Open label: psilocybin 25 mg."."""
    texts = []
    for epoch, elements in _map(arm, "elements").items():
        names = [elements] if isinstance(elements, str) else [str(one) for one in elements or []]
        told = numerals.listing(_intervention(given.get(name, {}), name) for name in names)
        texts.append(f"{wording.opening(epoch.replace('_', ' '))}: {told}.")
    return " ".join(texts)


def _intervention(row: Row, name: str) -> str:
    label = str(row.get("label") or name)
    route = f", {row['route']}" if _is_text(row.get("route")) else ""
    therapy = f", therapy {row['therapy']}" if _is_text(row.get("therapy")) else ""
    return f"{wording.inline(label)}{route}{therapy}"


def _session(row: Row) -> str:
    hours = f"{row['duration_hours']:g} hours" if isinstance(row.get("duration_hours"), int | float) else ""
    staff = [_staff(one) for one in _rows(row, "staff")]
    with_ = f"with {numerals.listing(staff)}" if staff else ""
    return wording.stop(wording.opening(" ".join(part for part in (hours, with_) if part)))


def _staff(row: Row) -> str:
    role = str(row.get("role") or "").replace("_", " ")
    credentials = [wording.inline(str(one)) for one in row.get("credentials") or []]
    within = (
        f" within {numerals.whole(row['within_minutes'])} minutes"
        if row.get("within_minutes") is not None
        else ""
    )
    held = f" ({numerals.listing(credentials)})" if credentials else ""
    return f"{numerals.whole(row.get('count') or 1)} {role}{held}{within}"


def _outcomes(plan: Row) -> list[Block]:
    entries = tuple(
        Entry(wording.stop(str(row.get("text"))), lead=f"{wording.opening(str(row.get('level')))}.")
        for row in _rows(plan, "endpoints")
    )
    blocks: list[Block] = [Listing(entries)] if entries else []
    aesi = [wording.inline(str(row.get("label"))) for row in _rows(plan, "aesi")]
    if aesi:
        blocks.append(Prose(f"Adverse events of special interest, asked for: {numerals.listing(aesi)}."))
    return blocks


def _randomization(trial: Trial) -> list[str]:
    allocation = _map(trial.plan, "allocation")
    texts = []
    if allocation:
        method = ALLOCATION.get(str(allocation.get("method")), str(allocation.get("method")))
        drawn = f"Participants were randomized by {method}{_ratio(trial, allocation)}."
        texts.append(f"{drawn} {_strata(allocation)}{_blocks(trial, allocation)}".strip())
    masked: dict[str, list[str]] = {}
    for role, row in _map(trial.plan, "masking").items():
        if isinstance(row, dict):
            masked.setdefault(str(row.get("until")), []).append(f"{role.replace('_', ' ')}s")
    events = {str(row.get("id")): row for row in _rows(trial.plan, "events")}
    for until, roles in masked.items():
        texts.append(
            f"{wording.opening(numerals.listing(roles))} were masked {_until(until, events, trial)}."
        )
    return texts


def _until(until: str, events: dict[str, Row], trial: Trial) -> str:
    if until == "lock":
        return "until the database was locked"
    event = events.get(until, {})
    after = (
        f"after {wording.inline(trial.visit_label(event['visit']))}"
        if event.get("visit")
        else until.replace("_", " ")
    )
    text = f" ({wording.inline(str(event['text']))})" if event.get("text") else ""
    return f"until unblinding {after}{text}" if event.get("visit") else f"until {after}{text}"


def _ratio(trial: Trial, allocation: Row) -> str:
    ratio = _map(allocation, "ratio")
    if not ratio or trial.blinded:
        return ""
    names = ", ".join(wording.inline(trial.arm_label(arm)) for arm in ratio)
    return f" in the ratio {':'.join(str(weight) for weight in ratio.values())} ({names})"


def _strata(allocation: Row) -> str:
    strata = allocation.get("strata")
    if strata is None:
        return "No source says whether randomization was stratified. "
    labels = [
        wording.inline(str(row.get("label") or row.get("id"))) for row in strata if isinstance(row, dict)
    ]
    return (
        f"Randomization was stratified by {numerals.listing(labels)}. "
        if labels
        else "Randomization was not stratified. "
    )


def _blocks(trial: Trial, allocation: Row) -> str:
    marked = allocation.get("block_sizes")
    sizes = marked.get("value") if isinstance(marked, dict) else marked
    if not isinstance(sizes, list):
        return ""
    concealed = isinstance(marked, dict) and marked.get("concealed")
    if concealed and trial.blinded:
        return "Block sizes are withheld."
    assumed = f" {ASSUMED}" if isinstance(marked, dict) and marked.get("assumption") else ""
    hidden = ", concealed from sites" if concealed else ""
    return f"Block sizes were {numerals.listing(str(one) for one in sizes)}{hidden}{assumed}."


def _statistics(trial: Trial) -> list[str]:
    plan = trial.plan
    texts = [_sample_size(_map(plan, "sample_size"))]
    by_estimator: dict[tuple[str, str], list[Row]] = {}
    for row in _rows(plan, "estimands"):
        key = (str(_map(row, "estimator").get("name")), str(row.get("missing")))
        by_estimator.setdefault(key, []).append(row)
    for (estimator, assumed), rows in by_estimator.items():
        names = [str(row.get("label") or row.get("id")) for row in rows]
        method = ESTIMATORS.get(estimator, estimator)
        about = IMPUTED_MISSING if estimator in IMPUTED else ASSUMED_MISSING.get(assumed, assumed)
        computed = _computed(trial, {str(row.get("id")) for row in rows})
        texts.append(f"{'; '.join(names)}: {wording.inline(method)}; {about}.{computed}")
    multiplicity = _map(plan, "multiplicity")
    if multiplicity and not trial.blinded:
        order = [trial.estimand_label(one) for one in multiplicity.get("order") or []]
        named = f" Order: {', '.join(order)}." if order else ""
        texts.append(
            f"{PROCEDURES.get(str(multiplicity.get('method')), str(multiplicity.get('method')))}{named}"
        )
    looks = _rows(plan, "interims")
    texts.append(
        f"{numerals.plural(len(looks), 'interim look')} planned." if looks else "No interim look was planned."
    )
    return [text for text in texts if text]


def _computed(trial: Trial, estimands: set[str]) -> str:
    """Return how their results were computed, as the analysis wrote it beside the numbers."""
    rows = [row for row in trial.written.results if str(row.get("estimand")) in estimands]
    told = dict.fromkeys(conventions.sentence(trial, conventions.of(row)) for row in rows)
    text = " ".join(one for one in told if one)
    return f" As computed: {wording.inline(text)}" if text else ""


def _sample_size(row: Row) -> str:
    marked = row.get("n")
    n = number(marked.get("value") if isinstance(marked, dict) else marked)
    if n is None:
        return ""
    told = [f"{numerals.plural(n, 'participant')} were planned."]
    told.append(
        wording.stop(str(row["justification"]))
        if _is_text(row.get("justification"))
        else "No source says why this number."
    )
    if _is_text(row.get("note")):
        told.append(wording.stop(str(row["note"])))
    return " ".join(told)


def _open(trial: Trial) -> list[Block]:
    blocks: list[Block] = []
    discrepancies = [] if trial.blinded else _rows(trial.plan, "discrepancies")
    if discrepancies:
        entries = tuple(Entry(_discrepancy(row), lead=f"{row.get('topic')}.") for row in discrepancies)
        blocks += [Prose("Where sources disagree, the protocol follows:"), Listing(entries)]
    count = _assumptions(trial.plan)
    if count:
        told = "Assumptions that no source states, marked as such in the protocol file"
        blocks.append(Prose(f"{told}: {numerals.whole(count)}."))
    return blocks


def _discrepancy(row: Row) -> str:
    sources = "; ".join(f"{name}, {told}" for name, told in _map(row, "sources").items())
    return f"{wording.opening(sources)}. Followed: {wording.stop(str(row.get('encoded')))}"


def _assumptions(value: Any) -> int:
    if isinstance(value, dict):
        return int(value.get("assumption") is True) + sum(_assumptions(one) for one in value.values())
    return sum(_assumptions(one) for one in value) if isinstance(value, list) else 0


def _rows(part: Row, key: str) -> list[Row]:
    found: Iterable[Any] = part.get(key) or []
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _map(part: Row, key: str) -> Row:
    found = part.get(key)
    return found if isinstance(found, dict) else {}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
