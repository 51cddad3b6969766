"""Cross-products of the data, all that a fit reads of them.

Participant i has covariates u_i (Q,), the same at every visit, and a row of the design at visit a is
x_ia = B_a' u_i. So sums of u u', y u' and y y' within each pattern of observed visits are enough, and the
cost of a fit does not grow with the number of participants. Holds no likelihood.
"""

from dataclasses import dataclass, replace

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, transpose

# Participants summed by one small matrix product: below the size at which the linear algebra library would
# split the work over threads, so that sums do not depend on their number.
CHUNK = 32
# Axes of patterns that all data sets share.
OF_PATTERNS = 2


@dataclass(frozen=True, slots=True)
class Products:
    """Sums over the participants of each pattern, for T data sets, G patterns, m visits, p coefficients.

    observed  (G, m) the pattern's visits, or (T, G, m) where each data set numbers its own patterns
    group     (G,) whose covariance the pattern has
    distance  (G, m, m) between the pattern's occasions, for spatial structures; None otherwise
    n         (T, G) participants
    uu        (T, G, Q, Q)
    yu        (T, G, m, Q) outcomes are residuals of ordinary least squares over their size
    yy        (T, G, m, m)
    loading   (T, m Q, p) B with rows (visit, covariate), for coefficients that make the design orthonormal
    """

    observed: Flags
    group: Codes
    distance: Array | None
    n: Array
    uu: Array
    yu: Array
    yy: Array
    loading: Array

    @property
    def n_groups(self) -> int:
        """Number of covariance matrices."""
        return int(self.group.max()) + 1

    @property
    def n_rows(self) -> Array:
        """Observations, (T,)."""
        rows: Array = self.per_visit(self.n).sum(axis=1)
        return rows

    def per_visit(self, values: Array) -> Array:
        """Return sums (T, m) over the patterns that a visit is in, of values (T, G)."""
        sums: Array = (values[:, None] @ self.observed.astype(np.float64))[:, 0]
        return sums

    def take(self, index: Flags | Codes | slice) -> "Products":
        """Return the data sets of an index."""
        return replace(
            self,
            observed=self.observed[index] if self.observed.ndim > OF_PATTERNS else self.observed,
            n=self.n[index],
            uu=self.uu[index],
            yu=self.yu[index],
            yy=self.yy[index],
            loading=self.loading[index],
        )


def sum_products(v: Array, segment: Codes, *, segments: int) -> tuple[Array, Array]:
    """Return counts (segments,) and sums of v v' (segments, d, d) over the rows of each segment.

    v        (R, d), in an order that does not depend on how the data came in
    segment  (R,) below `segments`
    """
    counts = np.bincount(segment, minlength=segments)
    chunks = -(-counts // CHUNK)
    first = np.cumsum(chunks) - chunks
    within = np.arange(segment.size) - np.repeat(np.cumsum(counts) - counts, counts)
    padded = np.zeros((int(chunks.sum()) * CHUNK, v.shape[1]))
    padded[np.repeat(first * CHUNK, counts) + within] = v[np.argsort(segment, kind="stable")]
    blocks = padded.reshape(-1, CHUNK, v.shape[1])
    sums = np.zeros((segments, v.shape[1], v.shape[1]))
    used = counts > 0
    sums[used] = np.add.reduceat(transpose(blocks) @ blocks, first[used], axis=0)
    return counts.astype(np.float64), sums
