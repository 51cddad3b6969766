"""Which arm a participant counts for by the treatment actually given.

Holds one rule, for one trial and for many. Refuses to know who received what.
"""

from equipoise.protocol import Protocol


def first_doses(protocol: Protocol, arm: str) -> tuple[str, ...]:
    """Return the interventions of the first epoch in which an arm receives something."""
    doses = (protocol.arm(arm).doses(epoch) for epoch in protocol.epochs)
    return next((given for given in doses if given), ())


def arm_of(protocol: Protocol, received: str | None, *, drawn: str) -> str:
    """Return the arm whose first treatment an intervention is; the arm drawn where it tells nothing."""
    givers = [arm.id for arm in protocol.arms if received in first_doses(protocol, arm.id)]
    return drawn if received is None or drawn in givers or not givers else givers[0]


def arm_received(protocol: Protocol, *, drawn: str, given: str) -> str:
    """Return the arm a participant counts for who was drawn for one and given what belongs to another."""
    return arm_of(protocol, next(iter(first_doses(protocol, given)), None), drawn=drawn)
