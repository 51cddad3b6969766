"""The registry and the vocabulary of the protocol speak of the same estimators in the same words."""

from equipoise.analysis import ESTIMATORS, longitudinal, shares
from equipoise.analysis.wording import IMPUTED_AS, SUMMARIES
from equipoise.protocol import estimators as declared
from equipoise.protocol.estimators import ESTIMATORS as DECLARED
from equipoise.statistics import imputation
from equipoise.statistics.imputation import conditional_mean, retrieved
from equipoise.statistics.mmrm import STRUCTURES, options
from equipoise.statistics.standardization import CONVENTIONS


def test_the_registry_and_the_protocol_name_the_same_estimators() -> None:
    assert list(ESTIMATORS) == list(DECLARED)


def test_the_protocols_words_are_those_of_the_methods() -> None:
    plain = {name for name, row in STRUCTURES.items() if not row.spatial}
    assert set(declared.COVARIANCES) == plain == set(longitudinal.STRUCTURES)
    assert tuple(options.RULES) == declared.DF_RULES
    assert declared.VCOVS == options.VCOVS
    assert {name: rule.vcov for name, rule in options.RULES.items()} == declared.VCOV_OF_DF
    assert declared.IMPUTATION_STRATEGIES == tuple(imputation.STRATEGIES) == tuple(IMPUTED_AS)
    assert (*conditional_mean.VARIANCES, "rubin") == declared.VARIANCES
    assert set(declared.FALLBACKS) == set(retrieved.FALLBACKS)
    assert DECLARED["standardized_risk_difference"].variances == tuple(CONVENTIONS) == tuple(shares.VARIANCES)
    assert DECLARED["risk_difference"].intervals == tuple(shares.INTERVALS)


def test_every_summary_has_words() -> None:
    assert {summary for row in DECLARED.values() for summary in row.summaries} == set(SUMMARIES)
