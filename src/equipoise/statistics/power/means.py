"""Means: the power of t tests of two groups, of one, and of pairs.

Holds the tests of `two_sample` and the one-sample t, whose pairs are differences. Holds no covariates.
"""

import math

from equipoise.statistics.power.plan import EXACT, Plan, effect_for, n_for, split, t_power

LEAST_ONE = 2.0
# Two groups of fewer leave no degree of freedom for one of them.
LEAST_EACH = 2.0


def t_test(
    difference: float,
    *,
    n: float,
    sd: float,
    sd_reference: float | None = None,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the power of a two-sample t test: Student's where both SDs are equal, Welch's otherwise.

    difference    of the means, in the direction looked for where the test has one side
    n             participants in total
    sd            standard deviation in the arm; in both groups unless `sd_reference` is given
    ratio         arm / reference
    Student's is exact. Welch's takes its degrees of freedom from the true variances.
    Raises        ValueError when a group has fewer than 2 participants or an SD is not above 0
    Source        Student's: noncentral t with n - 2 degrees of freedom and noncentrality
                  difference / (sd sqrt(1/n1 + 1/n2)). Welch's: Moser, Stevens and Watts (1989), Comm Stat A
                  18:3963-3975, with Satterthwaite's degrees of freedom in place of their integral
    Checked       tests/golden/design, tests/golden/power
    """
    other = sd if sd_reference is None else sd_reference
    if not sd > 0 or not other > 0:
        raise ValueError(f"standard deviations are above 0, not {sd:g} and {other:g}")
    arm, reference = split(n, ratio)
    if min(arm, reference) < LEAST_EACH * (1 - EXACT):
        raise ValueError(f"{n:g} participants at {ratio:g}:1 leave a group fewer than {LEAST_EACH:g}")
    of_arm, of_reference = sd**2 / arm, other**2 / reference
    variance = of_arm + of_reference
    if sd == other:
        df, method = n - 2, "Student's two-sample t, exact"
    else:
        shares = of_arm / variance, of_reference / variance
        df = 1 / (shares[0] ** 2 / (arm - 1) + shares[1] ** 2 / (reference - 1))
        method = "Welch's two-sample t"
    power, wrong = t_power(difference / math.sqrt(variance), df, alpha=alpha, sides=sides)
    return Plan(power, wrong, n, arm, reference, difference, alpha, sides, df, method)


def t_test_n(
    difference: float,
    *,
    power: float,
    sd: float,
    sd_reference: float | None = None,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the smallest number at which a two-sample t test has a power.

    Raises  ValueError when no number is enough, as for a difference of 0, and as `t_test`
    """

    def at(n: float) -> Plan:
        return t_test(
            difference, n=n, sd=sd, sd_reference=sd_reference, ratio=ratio, alpha=alpha, sides=sides
        )

    least = LEAST_EACH * (1 + max(ratio, 1 / ratio))
    return at(n_for(lambda n: at(n).power, power, least=least))


def t_test_effect(
    *,
    n: float,
    power: float,
    sd: float,
    sd_reference: float | None = None,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the difference, above 0, that a two-sample t test finds with a power.

    Raises  ValueError as `t_test`
    """

    def at(difference: float) -> Plan:
        return t_test(
            difference, n=n, sd=sd, sd_reference=sd_reference, ratio=ratio, alpha=alpha, sides=sides
        )

    return at(effect_for(lambda one: at(one).power, power, scale=sd))


def one_sample_t(mean: float, *, n: float, sd: float, alpha: float = 0.05, sides: int = 2) -> Plan:
    """Return the power of a one-sample t test, or of a paired one, of whose differences this is mean and SD.

    Exact.
    Raises  ValueError when there are fewer than 2 participants or the SD is not above 0
    Source  noncentral t with n - 1 degrees of freedom and noncentrality mean sqrt(n) / sd
    Checked tests/golden/power
    """
    if not sd > 0 or not n >= LEAST_ONE:
        raise ValueError(f"give an SD above 0 and at least {LEAST_ONE:g} participants, not {sd:g} and {n:g}")
    power, wrong = t_power(mean * math.sqrt(n) / sd, n - 1, alpha=alpha, sides=sides)
    return Plan(power, wrong, n, n, 0.0, mean, alpha, sides, n - 1, "one-sample t, exact")


def one_sample_t_n(mean: float, *, power: float, sd: float, alpha: float = 0.05, sides: int = 2) -> Plan:
    """Return the smallest number at which a one-sample or paired t test has a power."""

    def at(n: float) -> Plan:
        return one_sample_t(mean, n=n, sd=sd, alpha=alpha, sides=sides)

    return at(n_for(lambda n: at(n).power, power, least=LEAST_ONE))


def sd_of_change(baseline: float, later: float, correlation: float) -> float:
    """Return the standard deviation of a change from those of both ends and their correlation.

    Raises  ValueError when the correlation is outside -1 to 1
    """
    if not -1 <= correlation <= 1:
        raise ValueError(f"a correlation lies between -1 and 1, not at {correlation:g}")
    return math.sqrt(baseline**2 + later**2 - 2 * correlation * baseline * later)
