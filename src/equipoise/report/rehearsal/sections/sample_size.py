"""The sentence for the protocol's sample-size section, with what it rests on.

Holds text made of the rehearsal's numbers, to be copied. Refuses to say that a size is enough: it says what
was found under which truth.
"""

from collections.abc import Iterator

from equipoise.report import numerals
from equipoise.report.blocks import Block, Entry, Heading, Listing, Prose, Section, missing
from equipoise.report.folder import Row
from equipoise.report.rehearsal import wording
from equipoise.report.rehearsal.design import Cell, Design
from equipoise.report.rehearsal.sections.assumptions import leaving
from equipoise.report.wording import inline, stop

ID, TITLE = "sample-size", "Sample size, as the protocol may say it"


def section(design: Design) -> Section:
    """Return the section."""
    if not design.cells:
        return missing(ID, TITLE, "No scenario was rehearsed.")
    blocks: list[Block] = [
        Prose(sentence(design)),
        Heading("It assumes", "sample-size-assumes"),
        Listing(tuple(_assumes(design))),
        Heading("Sources", "sample-size-sources"),
        Listing(tuple(_sources(design))),
    ]
    return Section(ID, TITLE, tuple(blocks))


def sentence(design: Design) -> str:
    """Return the text to copy, every number with its interval."""
    shown = design.with_effect or design.cells
    parts = [_size(design), _power(design, shown[0])]
    parts += [_also(design, one) for one in shown[1:]]
    parts += [_errors(one) for one in design.cells if one.null and not one.believed]
    parts += [_believed(one) for one in design.cells if one.believed and one.first.get("unblinding_alone")]
    parts += [_searched(design)] + [_assured(design, row) for row in _assurances(design)]
    parts.append(_recruitment(design))
    return " ".join(part for part in parts if part)


def _size(design: Design) -> str:
    ratio = design.plan.get("ratio") or {}
    labels = {str(arm.get("id")): inline(str(arm.get("label"))) for arm in design.plan.get("arms") or []}
    arms = [labels.get(arm, arm) for arm, share in ratio.items() if share]
    shares = ":".join(f"{share:g}" for share in ratio.values() if isinstance(share, int | float) and share)
    among = f" in the ratio {shares} to {numerals.listing(arms)}" if arms else ""
    return f"{numerals.plural(design.n, 'participant')} will be randomized{among}."


def _power(design: Design, cell: Cell) -> str:
    question = design.first
    method = question.text("method") or question.text("estimator")
    truth = wording.truth(question, cell.first)
    formula = design.formula(cell, cell.first.get("estimand"))
    by_formula = (
        f" (by formula, {formula.get('method')}: {wording.percent(formula['power'])})"
        if formula.get("power") is not None
        else ""
    )
    return (
        f"In {wording.trials(cell)} of this protocol, with the effect of"
        f" {wording.quoted(cell)}{f' ({truth})' if truth else ''}, the planned analysis of"
        f" {inline(question.text('name') or 'the primary outcome')} ({inline(method)}; two-sided alpha"
        f" {design.alpha:g}) rejected the hypothesis of no effect in"
        f" {wording.power_fully(cell)}{by_formula}."
    )


def _also(design: Design, cell: Cell) -> str:
    truth = wording.truth(design.first, cell.first)
    return f"Under {wording.quoted(cell)}{f' ({truth})' if truth else ''} it did in {wording.power_of(cell)}."


def _errors(cell: Cell) -> str:
    wrong = wording.sure(cell.first.get("type_1_error"), cell.first.get("type_1_error_mcse"))
    return f"Without any effect it did in {wrong}."


def _believed(cell: Cell) -> str:
    alone = wording.sure(cell.first.get("unblinding_alone"), cell.first.get("unblinding_alone_mcse"))
    return f"Under {wording.quoted(cell)}, {alone} would be significant by functional unblinding alone."


def _searched(design: Design) -> str:
    row = next((one for one in design.rows("search") if one.get("n") is not None), None)
    if row is None:
        return ""
    cell = next((one for one in design.cells if one.id == row.get("scenario")), None)
    under = f" under {wording.quoted(cell)}" if cell else ""
    return (
        f"The smallest number with {wording.percent(row.get('target'))} power{under} is"
        f" {numerals.whole(row['n'])} (95% interval"
        f" {numerals.interval(row.get('low'), row.get('high'), 0)})."
    )


def _assurances(design: Design) -> list[Row]:
    first = design.first.text("id")
    rows = [row for cell in design.cells for row in cell.row.get("assurance") or []]
    return [row for row in rows if str(row.get("estimand")) == first and row.get("assurance") is not None]


def _assured(design: Design, row: Row) -> str:
    prior = next((one for one in design.rows("priors") if one.get("id") == row.get("prior")), {})
    label = str(prior.get("label") or row.get("prior"))
    sure = wording.sure(row["assurance"], row.get("assurance_mcse"))
    return f"Averaged over the prior “{label}”, power is {sure}."


def _recruitment(design: Design) -> str:
    enrollment = design.cells[0].enrollment
    screened, months = wording.screened(enrollment), wording.months(enrollment)
    if not (screened and months):
        return ""
    return f"About {screened} people are expected to be screened, and the trial to take {months}."


def _assumes(design: Design) -> Iterator[Entry]:
    for cell in design.with_effect or design.cells:
        row = design.scenario(cell)
        score = design.first.text("score")
        outcome = (row.get("outcomes") or {}).get(score) or {}
        told = [
            f"standard deviation after baseline {_number(outcome.get('sd'))}"
            if outcome.get("sd") is not None
            else "",
            f"correlation {_number(outcome.get('correlation'))}" if outcome.get("correlation") else "",
            f"leaving within 28 days: {leaving(row.get('dropout') or {})}"
            if row.get("dropout")
            else "nobody leaves",
            f"{row.get('per_month') or 0:g} randomized a month",
            f"{wording.percent(row.get('screening_failure'))} fail screening"
            if row.get("screening_failure")
            else "nobody fails screening",
        ]
        assumed = len(row.get("assumptions") or [])
        more = f" {numerals.plural(assumed, 'number')} without a source." if assumed else ""
        yield Entry(f"{'; '.join(part for part in told if part)}.{more}", lead=f"{cell.label}:")
    yield Entry(wording.WHAT_INTERVALS_ARE, lead="Precision:")


def _number(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_number(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _sources(design: Design) -> Iterator[Entry]:
    for cell in design.with_effect or design.cells:
        for one in design.scenario(cell).get("sources") or []:
            if str(one.get("path")).startswith(("outcomes", "expectancy", "scenario")):
                yield Entry(stop(str(one.get("text"))), lead=f"{cell.id}, {one.get('path')}:")
    for prior in design.rows("priors"):
        if prior.get("source"):
            yield Entry(stop(str(prior["source"])), lead=f"Prior {prior.get('id')}:")
    if design.plan.get("size_source"):
        yield Entry(stop(str(design.plan["size_source"])), lead="Planned size:")
    seed = design.tables.get("seed")
    yield Entry(
        f"Rehearsed with Equipoise {design.tables.get('version') or ''}, seed {seed}; definitions and Monte"
        " Carlo errors after Morris, White and Crowther (2019), Stat Med 38:2074-2102.",
        lead="Computation:",
    )
