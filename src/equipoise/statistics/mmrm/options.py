"""What `fit` may be asked for, and which requests make no sense together.

Holds names and rules, no mathematics.
"""

from dataclasses import dataclass

from equipoise.errors import FitError, Problem
from equipoise.statistics.mmrm.covariance import STRUCTURES

METHODS = ("reml", "ml")


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to get degrees of freedom.

    title       in words, as outputs name it
    kind        how contrasts compute them
    adjusted    Kenward and Roger's covariance comes with it
    expected    from the expected rather than the observed information
    second_order  with the second derivatives of the covariance
    vcov        covariances it can stand with, the default first
    """

    title: str
    kind: str
    vcov: tuple[str, ...]
    adjusted: bool = False
    expected: bool = False
    second_order: bool = False


_KR = ("kenward-roger",)
_ANY = ("model", "empirical")
RULES = {
    "kenward-roger": Rule("Kenward-Roger, linear, observed information", "kenward-roger", _KR, adjusted=True),
    "kenward-roger-second-order": Rule(
        "Kenward-Roger with second derivatives, observed information",
        "kenward-roger",
        _KR,
        adjusted=True,
        second_order=True,
    ),
    "kenward-roger-expected": Rule(
        "Kenward-Roger, linear, expected information", "kenward-roger", _KR, adjusted=True, expected=True
    ),
    "satterthwaite": Rule("Satterthwaite, observed information", "satterthwaite", ("model",)),
    "between-within": Rule("between-within", "fixed", _ANY),
    "residual": Rule("residual", "fixed", _ANY),
    "normal": Rule("normal distribution", "normal", _ANY),
}
VCOVS = ("model", "kenward-roger", "empirical")


@dataclass(frozen=True, slots=True)
class Options:
    """Requests that go together."""

    covariance: str
    method: str
    df: str
    vcov: str

    @property
    def rule(self) -> Rule:
        """The rule for degrees of freedom."""
        return RULES[self.df]

    @property
    def title(self) -> str:
        """What the standard errors and degrees of freedom are, in words."""
        errors = {"model": "model-based", "kenward-roger": "adjusted", "empirical": "sandwich (CR0)"}[
            self.vcov
        ]
        model = f"{STRUCTURES[self.covariance].title}, {self.method.upper()}"
        return f"{model}, {errors} standard errors, {self.rule.title}"


def choose(
    *, covariance: str, method: str, df: str, vcov: str | None, coordinates: bool, cluster: bool
) -> Options:
    """Return the options; FitError with every problem when a name is unknown or two do not go together."""
    problems = [
        Problem(f"{given!r} is not one of {', '.join(known)}", path=name)
        for name, given, known in (
            ("covariance", covariance, tuple(STRUCTURES)),
            ("method", method, METHODS),
            ("df", df, tuple(RULES)),
            ("vcov", vcov, (*VCOVS, None)),
        )
        if given not in known
        for known in [tuple(str(name_) for name_ in known)]
    ]
    if not problems:
        problems = _conflicts(covariance, method, df, vcov, coordinates=coordinates, cluster=cluster)
    if problems:
        raise FitError("The analysis asked for cannot be computed", problems)
    return Options(covariance, method, df, vcov or RULES[df].vcov[0])


def _conflicts(
    covariance: str, method: str, df: str, vcov: str | None, *, coordinates: bool, cluster: bool
) -> list[Problem]:
    rule, problems = RULES[df], []
    if vcov is not None and vcov not in rule.vcov:
        fitting = [name for name, other in RULES.items() if vcov in other.vcov]
        problems.append(
            Problem(
                f"{df} degrees of freedom do not go with vcov={vcov!r}",
                f"use df={' or '.join(fitting)}",
                path="df",
            )
        )
    if rule.adjusted and method == "ml":
        problems.append(
            Problem("Kenward-Roger is defined for REML", "use method='reml' or df='satterthwaite'", path="df")
        )
    if STRUCTURES[covariance].spatial and not coordinates:
        problems.append(
            Problem(f"{covariance} needs coordinates", "name the column of times", path="coordinates")
        )
    if coordinates and not STRUCTURES[covariance].spatial:
        problems.append(
            Problem(
                f"coordinates mean nothing to {covariance}", "use covariance='sp_exp'", path="coordinates"
            )
        )
    if cluster and vcov != "empirical":
        problems.append(Problem("a cluster is for the sandwich only", "use vcov='empirical'", path="cluster"))
    return problems
