"""The testing procedure step by step: what was tested, what was only described, and why.

Holds the steps. Refuses a P value for a step that was not tested.
"""

from equipoise.report import numerals, wording
from equipoise.report.blocks import Line, Prose, Section, Table, missing
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


def section(trial: Trial) -> Section:
    """Return the section."""
    if trial.blinded:
        return missing(ID, TITLE, "Withheld: tests compare arms.")
    plan = trial.mapping("multiplicity")
    steps = [row for row in plan.get("steps") or [] if isinstance(row, dict)]
    if not steps:
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
    return Section(ID, TITLE, (Prose(f"{method}{level}"), table))


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
