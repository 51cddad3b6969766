"""The summary-statistics door: a result from what a paper prints, mean, SD and n of each arm.

Holds one comparison of means. Refuses to guess what a paper does not say.
"""

from equipoise.analysis.plain import number
from equipoise.analysis.result import Group, Result
from equipoise.statistics.estimate import DEFAULT_LEVEL
from equipoise.statistics.two_sample import Summary, pooled_t_from_summary


def from_summary(
    arm: Summary,
    reference: Summary,
    *,
    name: str = "From summary statistics",
    arms: tuple[str, str] = ("arm", "reference"),
    scale: str = "",
    variable_type: str = "change",
    visit: str = "",
    level: float = DEFAULT_LEVEL,
) -> Result:
    """Return the difference of two printed means, arm minus reference, by Student's t with a pooled variance.

    arm, reference   mean, standard deviation (outcome's unit, divisor n - 1) and participants
    arms             how the two are called
    Raises           FitError when a group has fewer than 2 participants or neither varies
    Checked          tests/golden/back2024
    """
    found = pooled_t_from_summary(arm, reference, level=level)
    return Result(
        estimand="from_summary",
        name=name,
        role="exploratory",
        analysis_set="as published",
        estimator="t_change",
        convention=f"{found.method}, from means and standard deviations",
        visit=visit,
        scale=scale,
        variable=scale,
        variable_type=variable_type,
        label=scale,
        measure="difference_in_means",
        arm=arms[0],
        reference=arms[1],
        estimate=number(found.estimate),
        std_error=number(found.std_error),
        df=number(found.df),
        ci_level=level,
        ci_low=number(found.ci_low),
        ci_high=number(found.ci_high),
        p_value=number(found.p_value),
        n=arm.n + reference.n,
        n_arm=arm.n,
        n_reference=reference.n,
        groups=(
            Group(arm=arms[0], n=arm.n, mean=arm.mean, sd=arm.sd),
            Group(arm=arms[1], n=reference.n, mean=reference.mean, sd=reference.sd),
        ),
    )
