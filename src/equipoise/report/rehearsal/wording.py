"""Sentences about rehearsed trials: how often something happens, how sure that is, and what it rests on.

Holds pure functions from rows to text. Refuses a probability without its Monte Carlo interval.
"""

from equipoise.report import numerals
from equipoise.report.folder import Row
from equipoise.report.rehearsal.design import Cell, Design, Question
from equipoise.report.wording import inline

SURE = 1.959963984540054
"""Normal quantile of a 95% interval."""
WHAT_INTERVALS_ARE = (
    "Intervals are 95% Monte Carlo intervals: the value and 1.96 standard errors of simulation to either"
    " side. More replicates make them narrower; they say nothing of whether a scenario is true."
)
NO_EVIDENCE = "Simulated trials: nothing here is evidence about a treatment."


def ends(value: float, mcse: float | None) -> tuple[float, float]:
    """Return the ends of a probability's Monte Carlo interval, in percent."""
    half = SURE * (mcse or 0.0)
    return 100 * max(value - half, 0.0), 100 * min(value + half, 1.0)


def percent(value: float | None) -> str:
    """Return "97.0%"."""
    return numerals.ABSENT if value is None else f"{numerals.decimal(100 * value)}%"


def bounds(value: float | None, mcse: float | None) -> str:
    """Return "95.9 to 98.1"."""
    return numerals.ABSENT if value is None else numerals.interval(*ends(value, mcse))


def sure(value: float | None, mcse: float | None) -> str:
    """Return "97.0% (95.9 to 98.1)"."""
    return numerals.ABSENT if value is None else f"{percent(value)} ({bounds(value, mcse)})"


def with_error(value: float | None, mcse: float | None) -> str:
    """Return "97.0 (0.5)" for a table in percent."""
    if value is None:
        return numerals.ABSENT
    return f"{numerals.decimal(100 * value)} ({numerals.decimal(None if mcse is None else 100 * mcse)})"


def quoted(cell: Cell) -> str:
    """Return the scenario's label in quotation marks."""
    return f"“{cell.label.rstrip('.')}”"


def power_of(cell: Cell) -> str:
    """Return the first estimand's power in a cell with its interval."""
    return sure(cell.first.get("power"), cell.first.get("power_mcse"))


def truth(question: Question, row: Row) -> str:
    """Return what is true in a scenario: "true difference −12.0 points"; empty where nobody knows."""
    value = row.get("true_value")
    if value is None:
        return ""
    unit = f" {question.unit}" if question.unit else ""
    return f"true {question.measure} {question.effect(value)}{unit}"


def asked(question: Question) -> str:
    """Return the question as it stands inside a sentence."""
    name = question.text("name") or question.text("id")
    arms = question.text("arm"), question.text("reference")
    if not all(arms) or all(arm.casefold() in name.casefold() for arm in arms):
        return name
    return f"{name}: {inline(arms[0])} against {inline(arms[1])}"


def reaches(design: Design, cell: Cell) -> bool | None:
    """Return whether a cell's power reaches the target; None where simulation cannot tell."""
    power = cell.first.get("power")
    if power is None:
        return None
    low, high = ends(power, cell.first.get("power_mcse"))
    if low >= 100 * design.target:
        return True
    return False if high < 100 * design.target else None


def power_fully(cell: Cell) -> str:
    """Return the same, saying what the interval is."""
    power, mcse = cell.first.get("power"), cell.first.get("power_mcse")
    return f"{percent(power)} (95% Monte Carlo interval {bounds(power, mcse)})"


def trials(cell: Cell) -> str:
    """Return "1,000 simulated trials"."""
    return numerals.plural(cell.first.get("replicates"), "simulated trial")


def months(enrollment: Row) -> str:
    """Return "16 months (13 to 18)"; empty where unknown."""
    middle, low, high = (enrollment.get(f"duration_months{end}") for end in ("", "_low", "_high"))
    if middle is None:
        return ""
    return f"{numerals.whole(middle)} months ({numerals.whole(low)} to {numerals.whole(high)})"


def screened(enrollment: Row) -> str:
    """Return "50 (43 to 60)"; empty where unknown."""
    middle = enrollment.get("screened")
    if middle is None:
        return ""
    low, high = enrollment.get("screened_low"), enrollment.get("screened_high")
    return f"{numerals.whole(middle)} ({numerals.whole(low)} to {numerals.whole(high)})"
