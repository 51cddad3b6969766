"""A protocol's allocation section as a plan.

Holds the translation alone, so that a rehearsal and a real trial draw from the same plan.
"""

from equipoise.allocation.plan import Plan, StratumFactor
from equipoise.protocol import Protocol
from equipoise.protocol.part import value_of

ASSUMED_BLOCKS = 2
"""Where a source names no block size, blocks are of twice the ratio's sum."""


def plan_of(protocol: Protocol) -> Plan:
    """Return the allocation section as a plan; arms with weight 0 are left out."""
    section = protocol.allocation
    ratio = {arm: weight for arm, weight in section.ratio.items() if weight}
    blocks = value_of(section.block_sizes) or (ASSUMED_BLOCKS * sum(ratio.values()),)
    return Plan(
        method=section.method,
        ratio=ratio,
        strata=tuple(StratumFactor(one.id, one.levels) for one in section.strata or ()),
        block_sizes=blocks if section.method == "permuted_blocks" else (),
        maximum_imbalance=value_of(section.maximum_imbalance),
        bias=value_of(section.bias),
        imbalance=section.imbalance,
        weights=dict(section.weights or {}),
        length=section.slots_per_stratum,
    )
