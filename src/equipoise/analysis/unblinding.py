"""When participants are told their arm as planned, and what may be compared until then.

Holds questions about the protocol's schedule. Knows no participant.
"""

from equipoise.protocol import Protocol
from equipoise.protocol.schedule import Visit


def unblinding_visit(protocol: Protocol) -> Visit | None:
    """Return the first visit after which participants are told their arm as planned; None without one."""
    events = (event for event in protocol.events if event.planned and "participant" in event.tells)
    told = {event.visit for event in events}
    return next((visit for visit in protocol.visits if visit.id in told), None)


def comparable(protocol: Protocol, visit_id: str) -> bool:
    """Return whether arms may be compared at a visit: until planned unblinding, and in every arm."""
    visit, told = protocol.visit(visit_id), unblinding_visit(protocol)
    if visit.arms is not None or told is None:
        return visit.arms is None
    if visit.anchor == told.anchor and visit.day is not None and told.day is not None:
        return visit.day <= told.day
    order = [one.id for one in protocol.visits]
    return order.index(visit_id) <= order.index(told.id)
