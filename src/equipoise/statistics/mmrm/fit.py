"""`fit`: a mixed model for repeated measures from a data frame.

Holds the door: options, data and formula in, `Fit` out.
"""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from equipoise.statistics.mmrm import requested
from equipoise.statistics.mmrm.fitted import Fit, Status
from equipoise.statistics.mmrm.newton import REASONS
from equipoise.statistics.mmrm.options import choose
from equipoise.statistics.mmrm.panel import NAMED, Columns, Panel, names_of, read
from equipoise.statistics.mmrm.solution import Rows, solve
from equipoise.statistics.mmrm.table import Estimator

# The module that needs pandas and formulaic, half a second that whoever only runs `fit_batch` saves.
FORMULA = "equipoise.statistics.mmrm.formula"


def fit(
    data: Any,
    *,
    formula: str,
    subject: str,
    visit: str,
    covariance: str = "us",
    group: str | None = None,
    weights: str | None = None,
    coordinates: str | Sequence[str] | None = None,
    cluster: str | None = None,
    method: str = "reml",
    df: str = "kenward-roger",
    vcov: str | None = None,
    drop_collinear: bool = True,
) -> Fit:
    """Fit a mixed model for repeated measures.

    data         pandas DataFrame, a row a participant's visit; rows with missing values are left out, counted
    formula      "y ~ baseline * visit + arm * visit", treatment contrasts; text levels sort, a Categorical's
                 first level is the reference
    subject, visit   columns saying whose row it is and when; visits sort, a Categorical sets their order
    covariance   us, cs, csh, ar1, ar1h, ad, adh, toep, toeph, sp_exp
    group        column; each group has its own covariance
    weights      column; an outcome's variance is that of its visit over its weight
    coordinates  column or columns of numbers; where sp_exp's occasions lie
    cluster      column; who is summed over in the sandwich, by default the participant
    method       "reml" or "ml"
    df           kenward-roger (linear, observed information), kenward-roger-second-order,
                 kenward-roger-expected, satterthwaite, between-within, residual, normal
    vcov         None = what goes with df; "model", "kenward-roger", "empirical" (CR0)
    drop_collinear   False refuses a design with collinear columns
    Returns      a Fit, whether or not the search found a maximum: see its status
    Raises       FitError with every problem when options do not go together, data are unfit, the outcome does
                 not vary, or a covariance cannot be estimated from who was seen when
    Source       docs/methods/mmrm.md
    Checked      tests/golden/mmrm_fev, tests/golden/mmrm_antidepressant, tests/golden/mmrm_growth
    """
    places = names_of(coordinates)
    options = choose(
        covariance=covariance,
        method=method,
        df=df,
        vcov=vcov,
        coordinates=bool(places),
        cluster=cluster is not None,
    )
    formulas = importlib.import_module(FORMULA)
    model = formulas.parse(formula, columns=[str(name) for name in data.columns])
    columns = Columns(subject, visit, group, weights, places, cluster)
    panel = read(data, columns, variables=model.variables)
    design = formulas.Design(model, panel.frame)
    rows = Rows(
        design.matrix,
        design.outcome,
        panel.participant,
        panel.visit,
        panel.group,
        panel.weight,
        panel.coordinates,
        visits=panel.visits,
        groups=panel.groups,
        names=design.names,
    )
    solution = solve(rows, covariance=covariance, restricted=method == "reml", drop_collinear=drop_collinear)
    dropped = tuple(j for j in range(len(design.names)) if j not in solution.kept)
    code = int(solution.optimum.code[0])
    status = Status(
        converged=solution.converged,
        iterations=int(solution.optimum.steps[0]),
        reason=REASONS[code] if solution.converged else REASONS[code] + _alone(panel),
        n_dropped=panel.n_dropped,
        dropped_columns=tuple(design.names[j] for j in dropped),
    )
    made = None
    if status.converged:
        coefficients = requested.coefficients(
            options,
            solution,
            x=design.matrix,
            participant=panel.participant,
            terms=lambda: [list(multipliers) for _, _, multipliers in design.terms()],
            cluster=panel.cluster,
        )
        made = Estimator(coefficients, solution.kept, dropped, solution.follows, options.title)
    return Fit(
        status=status,
        formula=formula,
        options=options,
        minus2_log_likelihood=solution.minus2_log_likelihood,
        n_observations=rows.y.size,
        n_participants=len(panel.participants),
        _columns=columns,
        _panel=panel,
        _design=design,
        _solution=solution,
        _made=made,
    )


def _alone(panel: Panel) -> str:
    """Return what makes a search fail that its reason cannot know: visits that one participant alone has."""
    seen = panel.present
    alone = [
        f"{panel.visits[a]}" + (f" of {name}" if len(panel.groups) > 1 else "")
        for h, name in enumerate(panel.groups)
        for a in np.flatnonzero(seen[panel.group == h].sum(axis=0) == 1)
    ]
    if not alone:
        return ""
    named = ", ".join(alone[:NAMED]) + (", ..." if len(alone) > NAMED else "")
    return f"; one participant alone has the visit {named}, which tells no variance: leave it out"
