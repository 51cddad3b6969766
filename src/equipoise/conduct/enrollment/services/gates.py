"""What must be so before somebody is randomized: everything missing, at once.

Holds the judgment. Refuses to write.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from equipoise import expressions
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.capture import facts
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.reads.completeness import completed
from equipoise.conduct.enrollment.models import AllocationCommitment
from equipoise.conduct.enrollment.services import eligibility
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem
from equipoise.protocol import Resolved
from equipoise.protocol.arms import Stratum

SITE = "site"


@dataclass(frozen=True, slots=True)
class Paper:
    """A kit that was taken from an emergency list while the system was away.

    code     what stands on the list
    used_on  the day at the site
    reason   why the list was not followed in order; empty where it was
    """

    code: str
    kit: str
    used_on: date
    reason: str = ""


@dataclass(frozen=True)
class Judged:
    """Whether a participant may be randomized.

    version    protocol version in force at the site; 0 for none
    levels     stratification factor to level, as far as known
    problems   everything that is missing
    """

    version: int
    levels: dict[str, str]
    problems: tuple[Problem, ...]


def judge(ground: Ground, *, at: datetime, paper: Paper | None = None) -> Judged:
    """Return whether a participant may be randomized now, or was on paper.

    Reads both stores: raises what the allocation store raises when it is away.
    """
    version = studies.version_at(ground.site.site, day=ground.site.today(at))
    if version is None:
        problem = Problem(
            f"{ground.site.site} works under no protocol version today", "adopt one first", "site"
        )
        return Judged(0, {}, (problem,))
    resolved = studies.resolved(version)
    levels = levels_of(ground, resolved)
    problems = [
        *_locked(ground),
        *eligibility.ready(ground.participant, at),
        *_forms(ground, resolved),
        *(_levels(resolved, levels) or _list(resolved) or _place(levels, paper)),
        *_paper(ground, paper, at=at),
    ]
    return Judged(version, levels, tuple(problems))


def gate_forms(resolved: Resolved) -> tuple[tuple[str, str], ...]:
    """Return (visit, form) that must be complete: at the baseline visit, else the last before a dose."""
    protocol = resolved.protocol
    found = []
    for form in protocol.allocation.gates:
        visits = [visit.id for visit in protocol.visits if form in protocol.forms_at(visit.id)]
        early = visits[: visits.index(_first_dose(resolved))] if _first_dose(resolved) in visits else visits
        if protocol.baseline_visit in visits:
            found.append((protocol.baseline_visit, form))
        elif early:
            found.append((early[-1], form))
    return tuple(found)


def levels_of(ground: Ground, resolved: Resolved) -> dict[str, str]:
    """Return the participant's level of each stratification factor that is known."""
    found = {}
    for factor in resolved.protocol.allocation.strata or ():
        if factor.item is None:
            found[factor.id] = ground.site.site
            continue
        (name,) = expressions.parse(factor.item).names
        form, _ = resolved.locate(name)
        look = facts.look_up(ground.participant, [name], resolved=resolved, form=form, visit=name.visit or "")
        value = look(name)
        if value is not None:
            found[factor.id] = str(value)
    return found


def _first_dose(resolved: Resolved) -> str:
    """Return the visit of the first dose; "" when there is none."""
    anchored = [one.visit for one in resolved.protocol.anchors.values() if one.visit]
    return anchored[0] if anchored else ""


def _locked(ground: Ground) -> Iterator[Problem]:
    if ground.locked:
        yield Problem(
            "the participant's data are locked", "ask the data manager to unlock them", "participant"
        )


def _forms(ground: Ground, resolved: Resolved) -> Iterator[Problem]:
    done = completed(ground.participant)
    for visit, form in gate_forms(resolved):
        if (visit, form) not in done:
            label, where = resolved.forms[form].label, resolved.protocol.visit(visit).name
            yield Problem(f"{label} ({where}) is not complete", "complete the form", f"{form}@{visit}")


def _levels(resolved: Resolved, levels: dict[str, str]) -> list[Problem]:
    found = []
    for factor in resolved.protocol.allocation.strata or ():
        label, level = factor.label or factor.id, levels.get(factor.id)
        if level is None:
            hint = f"answer it: {_whereabouts(factor, resolved)}"
            found.append(Problem(f"{label} is not known", hint, factor.id))
        elif level not in factor.levels:
            hint = f"the allocation list knows {', '.join(factor.levels)}"
            found.append(Problem(f"{label}: `{level}` is no level of the list", hint, factor.id))
    return found


def _whereabouts(factor: Stratum, resolved: Resolved) -> str:
    """Return the form, and the visit, whose answer decides a factor's level."""
    if factor.item is None:
        return factor.id
    (name,) = expressions.parse(factor.item).names
    form, _ = resolved.locate(name)
    label = resolved.forms[form].label
    return f"{label}, {resolved.protocol.visit(name.visit).name}" if name.visit else label


def _place(levels: dict[str, str], paper: Paper | None) -> list[Problem]:
    if paper is None:
        return places.placeable(levels=levels)
    return places.placeable(levels=levels, kit=paper.kit, downtime=paper.code, reason=paper.reason)


def _paper(ground: Ground, paper: Paper | None, *, at: datetime) -> Iterator[Problem]:
    if paper is not None and paper.used_on > ground.site.today(at):
        yield Problem("this day lies ahead", "give the day the kit was used", "used_on")


def _list(resolved: Resolved) -> list[Problem]:
    current, found = allocator.current(), []
    if current is None:
        return [Problem("no allocation list was drawn", "run `equipoise allocation draw`", "list")]
    if not AllocationCommitment.objects.filter(number=current.number, sha256=current.commitment).exists():
        hint = "run `equipoise reconcile`, then `equipoise verify`"
        found.append(Problem("the allocation list is not committed to in the audit chain", hint, "list"))
    if resolved.hashes["allocation"] != current.canonical_sha256:
        hint = "an amendment of arms or allocation cannot be randomized by the list of an earlier version"
        found.append(Problem("the list was drawn from another version of the protocol", hint, "list"))
    return found
