"""What happens once somebody is told: planned telling, open-label visits, a broken code, a list for when the system
is down, a withdrawal.

The steps follow `history.AFTER`. What only one arm has happens in the world in which the participant is of that arm.
"""

from datetime import date, timedelta

from tests.blinding.history import BEFORE, Scene, Step, both, fill

from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.capture import milestones, services
from equipoise.conduct.consent import services as consents
from equipoise.conduct.unblinding.services import breaking, telling

EVENT, OPEN_LABEL = "unblinding_day_28", "OL_DOSE"
BREAKER = "breaker"
KNOWN_PLACES = 2
"""Places of the list whose arms somebody learns: those of "one", who is told, and "two", whose code is broken."""


def tell(scene: Scene) -> None:
    """Tell a participant, as planned."""
    telling.tell(participant=scene.named["one"], event=EVENT, at=scene.at, by=scene.by("coordinator"))


def open_label(scene: Scene) -> None:
    """Give the open-label dose to who is offered it, with an alert and a question."""
    one = scene.named["one"]
    if OPEN_LABEL not in milestones.of([one])[one].opened:
        return
    day = (scene.at - timedelta(days=1)).date()
    services.record_visit(
        participant=one, visit=OPEN_LABEL, status="held", date=day, at=scene.at, by=scene.by("team")
    )
    services.plan_anchor(
        participant=one, anchor="open_dose", date=date(2026, 12, 1), at=scene.at, by=scene.by("team")
    )
    fill("dose_given", OPEN_LABEL, "one")(scene)
    fill("vitals", OPEN_LABEL, "one", systolic="215")(scene)
    services.open_query(
        form=scene.named[f"vitals@{OPEN_LABEL}:one"],
        item="systolic",
        row=0,
        text="Was it measured twice?",
        at=scene.at,
        by=scene.by("monitor"),
    )


def break_code(scene: Scene) -> None:
    """Break a code: somebody whom nobody compares."""
    if BREAKER not in scene.people.made:
        scene.people.made[BREAKER] = scene.people.add("on_call_physician", name="Breaker")
    breaking.break_code(participant=scene.named["two"], reason="Seizure", at=scene.at, by=scene.by(BREAKER))


def outage(scene: Scene) -> None:
    """Issue a list for when the system is down, and open it."""
    listed = allocator.issue_downtime_list(strata=("all",), count=2, at=scene.at, by="system")
    allocator.note_downtime(code=listed.code, status="opened", at=scene.at, by="system", reason="No power")


def withdraw(scene: Scene) -> None:
    """Let a participant take back a part of their consent."""
    consents.withdraw(
        participant=scene.named["two"],
        degree="contacts",
        on=scene.at.date() - timedelta(days=1),
        reason="No time",
        at=scene.at,
        by=scene.by("team"),
    )


REST: tuple[Step, ...] = (
    Step(
        "rest of day 28",
        both(fill("spfi", "D28", "one"), fill("pcl5", "D28", "one"), fill("cssrs_since", "D28", "one")),
    ),
    Step("facilitator's guess", fill("facilitator_guess", "D28", "one")),
)
TOLD: tuple[Step, ...] = (
    *REST,
    Step("told", tell),
    Step("code broken", break_code),
    Step("open label", open_label),
    Step("outage", outage),
    Step("withdrawal", withdraw),
)

__all__ = ["BEFORE", "TOLD"]
