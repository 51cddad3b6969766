"""Mixed models for repeated measures: `fit` one from a data frame, `fit_batch` many trials from arrays.

Holds the package's door. Nothing here needs pandas until `fit` is called.
"""

from equipoise.statistics.mmrm.batch import Batch, fit_batch
from equipoise.statistics.mmrm.covariance import STRUCTURES
from equipoise.statistics.mmrm.fit import fit
from equipoise.statistics.mmrm.fitted import Fit, JointTest, Status

__all__ = ["STRUCTURES", "Batch", "Fit", "JointTest", "Status", "fit", "fit_batch"]
