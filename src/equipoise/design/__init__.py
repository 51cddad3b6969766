"""Rehearsal: what a trial would leave behind under a stated truth.

Holds `simulate`, one trial as records and an allocation; `check`, why a scenario cannot be simulated; the
core both rest on, `truth_of` and `draw`, which make many replicates at once as arrays; and `true_values`,
what a trial without end would find.
"""

from equipoise.design.batch import Batch, Scored, draw
from equipoise.design.check import check, refused
from equipoise.design.priors import Prior, prior_draws, prior_of, published_priors
from equipoise.design.simulate import Simulated, simulate
from equipoise.design.true_value import TrueValue, true_value_key, true_values
from equipoise.design.truth import Truth, truth_of

__all__ = [
    "Batch",
    "Prior",
    "Scored",
    "Simulated",
    "TrueValue",
    "Truth",
    "check",
    "draw",
    "prior_draws",
    "prior_of",
    "published_priors",
    "refused",
    "simulate",
    "true_value_key",
    "true_values",
    "truth_of",
]
