"""Who works on the simulated trial: one person a role, all invented.

Holds names, roles and trainings. Passwords are drawn and thrown away: whoever looks at the study comes in
through a one-time link.
"""

from datetime import datetime, timedelta

from equipoise.conduct.accounts import reads, services
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.config.operations.setting_up import OPERATOR
from equipoise.conduct.review.people import staffing
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError

EVERYWHERE = ""
HERE = "here"
"""Stands for the site people are seen at."""
EMAIL = "{role}@example.org"
PASSWORD_BYTES = 24
BEFORE = timedelta(days=7)

WORKING: dict[str, tuple[str, str]] = {
    "coordinator": ("Cora Lindqvist", HERE),
    "investigator": ("Inés Marchetti", HERE),
    "facilitator": ("Femi Adeyemi", HERE),
    "session_monitor": ("Sana Petrov", HERE),
    "on_call_physician": ("Oskar Brandt", HERE),
    "rater": ("Rana Okafor", EVERYWHERE),
    "pharmacist": ("Phil Nakamura", HERE),
    "data_manager": ("Dana Kowalski", EVERYWHERE),
    "monitor": ("Mona Eriksen", EVERYWHERE),
    "medical_monitor": ("Mateo Silva", EVERYWHERE),
    "statistician": ("Stella Novak", EVERYWHERE),
    "unblinded_statistician": ("Uma Castellanos", EVERYWHERE),
    "dsmb_member": ("Dov Hartmann", EVERYWHERE),
    "auditor": ("Aud Sørensen", EVERYWHERE),
    "system_administrator": ("Sigrid Amari", EVERYWHERE),
}
"""Role to the name of who holds it and where."""


def employ(site: str, *, at: datetime) -> dict[str, Viewer]:
    """Add everybody with their training and role, and return role to viewer."""
    for role, (name, where) in WORKING.items():
        person = services.add_person(
            name=name,
            email=EMAIL.format(role=role),
            password=token(PASSWORD_BYTES).hex(),
            at=at,
            by=OPERATOR,
        )
        _train(person, role, at=at)
        staffing.grant_role(
            person=person, role=role, site=site if where == HERE else EVERYWHERE, at=at, by=OPERATOR
        )
    return team(at=at)


def team(*, at: datetime) -> dict[str, Viewer]:
    """Return role to who holds it.

    Raises  RecordError when somebody is not there
    """
    found = {role: _viewer(role, at=at) for role in WORKING}
    missing = [Problem(f"nobody is {role}", "", role) for role, viewer in found.items() if viewer is None]
    if missing:
        raise RecordError("this study was not filled", missing)
    return {role: viewer for role, viewer in found.items() if viewer is not None}


def _viewer(role: str, *, at: datetime) -> Viewer | None:
    person = reads.person_of(EMAIL.format(role=role))
    return reads.viewer_of(person, at=at) if person else None


def _train(person: str, role: str, *, at: datetime) -> None:
    latest = studies.latest()
    named = studies.resolved(latest.number).protocol.training if latest else ()
    for training in named:
        if role in training.roles:
            staffing.record_training(
                person=person,
                training=training.id,
                completed_on=(at - BEFORE).date(),
                evidence="Simulated",
                today=at.date(),
                at=at,
                by=OPERATOR,
            )
