"""When participants are told their arm as planned, and at which visits arms may be compared until then.

Holds questions about the protocol's schedule. Knows no participant.
"""

from equipoise.protocol.model import Protocol
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


def visits_compared(protocol: Protocol, form: str, *, baseline: str | None) -> tuple[Visit, ...]:
    """Return the visits after baseline at which every arm fills a form while arms may be compared, in time.

    baseline   the baseline visit; None counts from the anchor of the protocol's baseline rule
    Unscheduled visits and offered ones, which participants choose, are left out.
    """
    found = [
        visit
        for visit in _after(protocol, baseline)
        if form in protocol.forms_at(visit.id)
        and not (visit.unscheduled or visit.offered)
        and comparable(protocol, visit.id)
    ]
    if len({visit.anchor for visit in found}) == 1 and all(visit.day is not None for visit in found):
        found.sort(key=lambda visit: visit.day or 0)
    return tuple(found)


def _after(protocol: Protocol, baseline: str | None) -> list[Visit]:
    rule = protocol.baseline_rule
    anchor = protocol.anchors.get(rule.anchor or "")
    if baseline is None and rule.method == "last_before_anchor":
        baseline = anchor.visit if anchor is not None else None
        if baseline is None:
            days = (visit for visit in protocol.visits if visit.anchor == rule.anchor)
            return [visit for visit in days if visit.day is not None and visit.day > 0]
    order = [visit.id for visit in protocol.visits]
    if baseline not in order:
        return list(protocol.visits)
    start = order.index(baseline)
    return [
        visit
        for place, visit in enumerate(protocol.visits)
        if _follows(visit, protocol.visits[start], listed_later=place > start)
    ]


def _follows(visit: Visit, start: Visit, *, listed_later: bool) -> bool:
    if visit.anchor == start.anchor and visit.day is not None and start.day is not None:
        return visit.day > start.day
    return listed_later
