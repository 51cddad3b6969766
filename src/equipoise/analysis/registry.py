"""The estimators: a plain table from the protocol's name to the function that estimates.

Holds the table. A new estimator is a new row here and in `protocol.estimators`, under the same name. Refuses
to know tables, tests of several hypotheses or files.
"""

from collections.abc import Callable, Mapping

from equipoise.analysis import means, shares
from equipoise.analysis.answer import Answer
from equipoise.analysis.imputed import imputed, retrieved
from equipoise.analysis.mixed_model import mmrm
from equipoise.analysis.question import Question

Estimator = Callable[[Question], Answer]

ESTIMATORS: Mapping[str, Estimator] = {
    "t_change": means.t_change,
    "hodges_lehmann": means.hodges_lehmann,
    "ancova": means.ancova,
    "mmrm": mmrm,
    "risk_difference": shares.risk_difference,
    "odds_ratio": shares.odds_ratio,
    "standardized_risk_difference": shares.standardized_risk_difference,
    "cmh": shares.cmh,
    "exact": shares.exact,
    "mmrm-mar": imputed,
    "mmrm-jr": imputed,
    "mmrm-cr": imputed,
    "mmrm-cir": imputed,
    "mmrm-lmcf": imputed,
    "mmrm-delta": imputed,
    "retrieved-dropout": retrieved,
}
