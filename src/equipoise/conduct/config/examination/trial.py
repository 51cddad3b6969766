"""The trial: whether the people, sites, versions and places that the protocol needs are there.

Refuses to name a person: what it finds may be mailed to whoever looks after the machine.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import ACTIONS, PARTICIPANT, ROLES
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.audit import anchors
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.consent import services as signings
from equipoise.conduct.enrollment.reads import strata
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.identity.services import contacts
from equipoise.conduct.review.people import staffing
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies.reads import Site
from equipoise.conduct.unblinding.services import telling
from equipoise.errors import Problem
from equipoise.protocol import Resolved

FEWEST_FREE = 4
LEAST_FREE_SHARE = 0.1
"""A stratum is nearly used up below a tenth of its places, and always below these."""
ALWAYS = ("consent.take", "eligibility.confirm", "randomization.request", "form.sign")
WHERE_RANDOMIZED = ("kit.dispense",)


@dataclass(frozen=True, slots=True)
class Need:
    """Somebody of one of these roles must be there, to do this."""

    roles: frozenset[str]
    what: str


def trial(study: Settings, *, at: datetime) -> Iterator[Problem]:
    """Yield everything that keeps the trial from being conducted, or soon will."""
    known = studies.study()
    if known is None:
        yield Problem("no study is set up in the stores", "`equipoise init`, or restore a backup", "study")
        return
    sites = studies.sites()
    if not sites:
        hint = f"`equipoise site add --home {study.home}`"
        yield _warning("there is no site yet", hint, "sites")
    for site in sites:
        yield from _site(site, known.version, at=at)
    yield from _training(at=at)
    yield from _unfinished()
    yield from _places()
    yield from _anchored(study, at=at)


def needs(resolved: Resolved) -> Iterator[Need]:
    """Yield whom a protocol needs at each site."""
    fillers: dict[frozenset[str], list[str]] = {}
    for form in resolved.protocol.forms:
        fillers.setdefault(frozenset(form.fillers), []).append(form.id)
    for roles, forms in fillers.items():
        if PARTICIPANT not in roles:
            yield Need(roles, f"fill {', '.join(sorted(forms))}")
    for rule in resolved.protocol.safety_rules:
        yield Need(frozenset(rule.notify), f"be told of {rule.id}")
    actions = ALWAYS + (WHERE_RANDOMIZED if resolved.protocol.allocation else ())
    for action in actions:
        yield Need(ACTIONS[action], f"do {action}")


def _site(site: Site, newest: int, *, at: datetime) -> Iterator[Problem]:
    today = site.today(at)
    number = studies.version_at(site.site, day=today)
    if number is None:
        hint = "wait for the day from which a version holds there, or adopt one"
        yield _warning("works under no protocol version: nobody can be enrolled", hint, site.site)
    if not consents.current(site.site, day=today):
        hint = "add and approve one on the page `Consent forms`"
        yield _warning("has no approved consent form: nobody can be enrolled", hint, site.site)
    if not people.holders(ROLES, site=site.site, at=at):
        hint = f"`equipoise user add --site {site.site}`, or the page `People`"
        yield _warning("nobody works there", hint, site.site)
        return
    missing: dict[str, list[str]] = {}
    for need in needs(studies.resolved(number or newest)):
        if not people.holders(need.roles, site=site.site, at=at):
            missing.setdefault(_named(need.roles), []).append(need.what)
    for roles, whats in missing.items():
        hint = f"give somebody the role: `equipoise user grant --site {site.site}`, or the page `People`"
        yield _warning(f"no {roles} is there to {'; '.join(whats)}", hint, site.site)


def _named(roles: Iterable[str]) -> str:
    return " or ".join(sorted(ROLES.get(role, role).lower() for role in roles))


def _training(*, at: datetime) -> Iterator[Problem]:
    """Yield a warning for each training that people lack who hold a role that needs it."""
    trainings = staffing.trainings()
    lacking: dict[str, int] = {}
    for member in people.members(trainings=trainings, at=at, today=at.date()):
        for one in member.lacking:
            lacking[one.id] = lacking.get(one.id, 0) + 1
    for training, count in sorted(lacking.items()):
        hint = "record it on the page `People`, or end the role"
        yield _warning(
            f"{count} people lack the training {training} that a role of theirs needs", hint, "people"
        )


def _unfinished() -> Iterator[Problem]:
    """Yield a warning for what was begun in two stores and cut off."""
    signed = [one for one in signings.open_requests() if contacts.signed_in(one.signing)]
    waiting = len(signed) + len(randomizing.open_requests()) + len(telling.open_requests())
    if waiting:
        hint = "`equipoise reconcile`; `serve` does it every minute"
        yield _warning(f"{waiting} acts in two stores were cut off", hint, "stores")


def _places() -> Iterator[Problem]:
    """Yield what is wrong with the list: none, or a stratum nearly used up."""
    drawn = allocator.current()
    resolved = studies.everything()
    if drawn is None:
        if resolved.protocol.allocation:
            yield Problem("no allocation list was drawn", "`equipoise allocation draw`", "allocation")
        return
    for stratum in drawn.strata:
        free = allocator.room(stratum) or 0
        if free < max(FEWEST_FREE, LEAST_FREE_SHARE * drawn.length):
            hint = "draw the list on before it ends: `equipoise allocation extend`"
            name = strata.words(stratum) or "the list"
            yield _warning(f"{free} places are left of {name}", hint, "allocation")


def _anchored(study: Settings, *, at: datetime) -> Iterator[Problem]:
    left = anchors.last_left(at=at)
    if left.overdue and (study.anchor_folder or study.anchor_mail):
        since = f"since {left.at:%Y-%m-%d %H:%M} UTC" if left.at else "yet"
        yield _warning(f"no anchor has left this machine {since}", "`equipoise anchor`", "anchor_folder")


def _warning(message: str, hint: str, path: str) -> Problem:
    return Problem(message, hint, path, severity="warning")
