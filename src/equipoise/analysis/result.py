"""`Result`, the answer to one estimand, as one row of results.json.

Holds the row and the sentence it reads as. Refuses to hold a number that is not finite: what cannot be
computed is None and `status` says why.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from equipoise.analysis.plain import plain
from equipoise.statistics.p_value import format_p
from equipoise.statistics.tabulate import tabulate

OK = "ok"
NOT_TESTED = "descriptive, not tested"
SENSITIVITY = "sensitivity analysis, not tested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One arm's side of a comparison, in the variable's unit; None where it does not apply.

    arm      the protocol's arm id
    n        participants used
    mean     mean of the variable; for responders None
    sd       its standard deviation, divisor n - 1
    count    participants who responded; for means None
    percent  100 count / n
    """

    arm: str
    n: int
    mean: float | None = None
    sd: float | None = None
    count: int | None = None
    percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One estimand's answer, in the variable's unit; arm minus reference.

    estimand, name, role      as in the protocol
    analysis_set              id of the analysis set
    estimator, convention     the registry's name, and how exactly it was computed
    variance_convention       what kind of standard error it is, where there are several; None otherwise
    visit, scale              the protocol's visit id, and the rating scale's id (the form's where there is
                              none)
    variable, variable_type   the score as `form.score`, and value, change, percent_change, response or
                              remission
    label, unit               the score as people read it, and what one unit of the estimate is; None for a
                              ratio
    measure                   population summary; `summary` in results.json
    arm, reference            arm ids; `comparison` in results.json
    estimate ... p_value      None where they cannot be computed or may not be shown
    n, n_arm, n_reference     participants used, together and by arm; None in a blinded analysis for arms
    groups                    both sides of the comparison, the arm first; empty when blinded
    status                    "ok", or why there is no estimate
    tested                    whether the testing procedure reached it; None outside the procedure
    rejected                  whether its null hypothesis was rejected; None outside the procedure
    p_adjusted                P value adjusted for multiplicity, where the procedure defines one
    gate                      what a reader must know of the testing procedure; empty when nothing
    notes                     what was left out or assumed on the way
    """

    estimand: str
    name: str
    role: str
    analysis_set: str
    estimator: str
    convention: str = ""
    variance_convention: str | None = None
    visit: str
    scale: str
    variable: str
    variable_type: str
    label: str = ""
    unit: str | None = None
    measure: str
    arm: str
    reference: str
    estimate: float | None = None
    std_error: float | None = None
    df: float | None = None
    ci_level: float
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    n: int | None = None
    n_arm: int | None = None
    n_reference: int | None = None
    groups: tuple[Group, ...] = ()
    status: str = OK
    tested: bool | None = None
    rejected: bool | None = None
    p_adjusted: float | None = None
    gate: str = ""
    sensitivity_of: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a number JSON has no word for."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(
                    f"{field.name} of {self.estimand} is {value}; give None and say why in `status`"
                )

    @property
    def estimated(self) -> bool:
        """Whether there is an estimate."""
        return self.estimate is not None

    def summary(self, *, decimals: int = 2) -> str:
        """Return the line a statistician would say aloud."""
        head = f"{self.name}: "
        if self.estimate is None:
            return f"{head}no estimate ({self.status})"
        limits = ""
        if self.ci_low is not None and self.ci_high is not None:
            limits = (
                f" ({100 * self.ci_level:g}% CI {self.ci_low:.{decimals}f} to {self.ci_high:.{decimals}f})"
            )
        p = "" if self.p_value is None else f", {format_p(self.p_value)}"
        gate = f", {self.gate}" if self.gate else ""
        return f"{head}{self.estimate:.{decimals}f}{limits}{p}, n = {self.n}{gate}"

    def untested(self, gate: str) -> "Result":
        """Return the result without its P value; estimate and interval stay."""
        return replace(self, p_value=None, p_adjusted=None, tested=False, rejected=None, gate=gate)

    def to_frame(self) -> Any:
        """Return one row as a pandas DataFrame, a column a field, without `groups` and `notes`."""
        skipped = {"groups", "notes"}
        return tabulate(
            [{one.name: getattr(self, one.name) for one in fields(self) if one.name not in skipped}]
        )

    def row(self) -> dict[str, Any]:
        """Return the row of results.json: agreed keys first, then added ones; None for what is absent."""
        return {
            "estimand": self.estimand,
            "role": self.role,
            "analysis_set": self.analysis_set,
            "estimator": self.estimator,
            "convention": self.convention,
            "visit": self.visit,
            "scale": self.scale,
            "comparison": {"arm": self.arm, "reference": self.reference},
            "estimate": self.estimate,
            "std_error": self.std_error,
            "df": self.df,
            "ci_level": self.ci_level,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "p_value": self.p_value,
            "n": self.n,
            "n_arm": self.n_arm,
            "n_reference": self.n_reference,
            "status": self.status,
            "name": self.name,
            "variable": self.variable,
            "variable_type": self.variable_type,
            "label": self.label,
            "unit": self.unit,
            "summary": self.measure,
            "tested": self.tested,
            "rejected": self.rejected,
            "p_adjusted": self.p_adjusted,
            "gate": self.gate,
            "sensitivity_of": self.sensitivity_of,
            "variance_convention": self.variance_convention,
            "groups": [
                {field.name: plain(getattr(group, field.name)) for field in fields(group)}
                for group in self.groups
            ],
            "notes": list(self.notes),
        }
