"""The testing procedure step by step: what was tested, what was only described, and why.

Holds the steps. Refuses a P value for a step that was not tested.
"""

from collections.abc import Iterator

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Heading, Line, Prose, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.trial import Trial, number

ID, TITLE = "testing", "Testing procedure"
METHODS = {
    "fixed_sequence": "Fixed sequence: each hypothesis is tested only if every one before it was rejected.",
    "holm": "Holm: the smallest P value faces the strictest level, the next a milder one, until one fails.",
    "hochberg": "Hochberg: from the largest P value downward, until one meets its level.",
    "graph": "Graphical procedure: a rejected hypothesis hands its share of the level on as planned.",
    "none": "No adjustment for several comparisons was planned.",
}
NOT_TESTED = "descriptive, not tested"
LOOK_HEADS = ("Participants", "Information", "Boundary (z)", "Two-sided level", "Futility (z)")
LOOK_NOTE = (
    "The statistic is positive for benefit. An effect is shown at or beyond the boundary in either "
    "direction; the trial may stop for futility at or below the last column."
)
LOOK_DECIMALS = 3


def section(trial: Trial) -> Section:
    """Return the section."""
    if trial.blinded:
        return missing(ID, TITLE, "Withheld: tests compare arms.")
    looks = tuple(_looks(trial))
    plan = trial.mapping("multiplicity")
    steps = [row for row in plan.get("steps") or [] if isinstance(row, dict)]
    if not steps and not looks:
        return missing(
            ID, TITLE, "No procedure for several comparisons was planned, or it is not part of this analysis."
        )
    method = METHODS.get(str(plan.get("method")), str(plan.get("method")))
    level = f" Two-sided level {plan['alpha']:g}." if plan.get("alpha") is not None else ""
    table = Table(
        id="table-testing",
        caption="Steps of the testing procedure",
        stub="Estimand",
        heads=("Tested", numerals.P_VALUE, "Null hypothesis", "Why"),
        lines=tuple(Line(trial.estimand_label(row.get("estimand")), _step(trial, row)) for row in steps),
        prose=True,
    )
    tested = (Prose(f"{method}{level}"), table) if steps else ()
    return Section(ID, TITLE, (*tested, *looks))


def _looks(trial: Trial) -> Iterator[Block]:
    """Yield the boundaries of each estimand with interim looks, and what they make of its result."""
    for number_of, row in enumerate(trial.rows("group_sequential"), start=1):
        label = trial.estimand_label(row.get("estimand"))
        yield Heading(f"Interim looks: {label}", f"looks-{number_of}")
        text = wording.stop(
            wording.opening(str(row.get("text") or "No result to hold against the boundaries"))
        )
        yield Prose(text)
        yield Table(
            id=f"table-looks-{number_of}",
            caption=f"Planned looks, {row.get('method')}",
            stub="Look",
            heads=LOOK_HEADS,
            lines=tuple(_look(one) for one in row.get("looks") or [] if isinstance(one, dict)),
            notes=(LOOK_NOTE,),
        )


def _look(row: Row) -> Line:
    bound, futility = number(row.get("bound")), number(row.get("futility"))
    return Line(
        str(row.get("look")),
        (
            numerals.whole(number(row.get("participants"))),
            numerals.percent(100 * (number(row.get("fraction")) or 0.0)),
            numerals.decimal(bound, LOOK_DECIMALS),
            numerals.bare_p_value(number(row.get("nominal"))) if bound is not None else numerals.ABSENT,
            numerals.decimal(futility, LOOK_DECIMALS),
        ),
    )


def _step(trial: Trial, row: Row) -> tuple[str, ...]:
    reason = _reason(trial, str(row.get("reason") or ""))
    if not row.get("tested"):
        return "No", numerals.ABSENT, wording.opening(NOT_TESTED), wording.opening(reason)
    result = "Rejected" if row.get("rejected") else "Not rejected"
    return "Yes", numerals.bare_p_value(number(row.get("p_value"))), result, wording.opening(reason)


def _reason(trial: Trial, text: str) -> str:
    """Return why a step went as it did, with the estimand's name in the place of its id."""
    for estimand in trial.estimand_plans:
        if text.startswith(f"{estimand} ") or text.endswith(f" {estimand}"):
            return text.replace(estimand, f"“{trial.estimand_label(estimand)}”", 1)
    return text
