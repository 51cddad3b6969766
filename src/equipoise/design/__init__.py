"""Rehearsal: what a trial would leave behind under a stated truth.

Holds `simulate`, one trial as records and an allocation; `check`, why a scenario cannot be simulated; and the
core both rest on, `truth_of` and `draw`, which make many replicates at once as arrays.
"""

from equipoise.design.batch import Batch, Scored, draw
from equipoise.design.check import check
from equipoise.design.simulate import Simulated, simulate
from equipoise.design.truth import Truth, truth_of

__all__ = ["Batch", "Scored", "Simulated", "Truth", "check", "draw", "simulate", "truth_of"]
