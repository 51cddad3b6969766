"""A flagship that keeps items, a form, a log, a visit with its session and an alert from every role but one.

Holds the protocol's text, and a history in which all that happens otherwise in the other world.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import get_args

from tests.blinding.history import (
    DOSE_ON,
    SITES,
    Scene,
    Step,
    both,
    by_filler,
    draw,
    enroll,
    fill,
    hold,
    log_entries,
)

from equipoise.conduct.capture import services
from equipoise.conduct.capture.models import Query
from equipoise.conduct.studies import services as studies
from equipoise.protocol.part import Role

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"
D7 = "window_days: [-1, 2], forms: [madrs, spfi, pcl5, cssrs_since, rater_guess]}"
LOGS = "logs: [adverse_events,"
FORM = "  - {id: demographics, standard: demographics, filled_by: coordinator}\n"
VISIT = "  - {id: UNS, label: Unscheduled visit"
RULES = "safety_rules:\n"
CHANGED = "label: Takes tramadol,"


def text(filler: str, *, amended: bool = False) -> str:
    """Return the protocol: what is hidden is hidden from everybody but the role that fills it."""
    kept = f"hidden_from: [{', '.join(role for role in get_args(Role) if role != filler)}], until: lock"
    number = "type: number, range: [0, 10], decimals: 0"
    forms = f"""\
  - {{id: whole, label: Whole, filled_by: {filler}, {kept}, items: [{{id: strength, label: Strength, {number}}}]}}
  - {{id: secret, label: Secret, filled_by: {filler}, {kept}, items: [{{id: depth, label: Depth, {number}}}]}}
  - id: mixed
    label: Mixed{" again" if amended else ""}
    filled_by: {filler}
    items:
      - {{id: open_one, label: Open, {number}}}
      - {{id: hidden_one, label: Closed, {number}, {kept}}}
      - {{id: follows, label: Follows, {number}, required: false, show_if: "hidden_one > 5"}}
    checks:
      - {{id: apart, rule: "hidden_one <= open_one", message: "Closed is above open"}}
      - {{id: least, rule: "open_one > 4", message: "Open is low"}}
"""
    visit = (
        "  - {id: HID, label: Hidden visit, epoch: follow_up, anchor: dose, day: 40, window_days: [-1, 1], "
        f"session: integration, forms: [whole], {kept}}}\n"
    )
    found = FRONTLINE.read_text(encoding="utf-8")
    replaced = {
        D7: f"{D7[:-2]}, whole, mixed]}}",
        LOGS: f"{LOGS} secret,",
        FORM: FORM + forms,
        VISIT: visit + VISIT,
    }
    if filler == "session_monitor":
        alert = (
            "  - {id: kept_alert, when: whole.strength >= 9, alert: same_day, notify: [session_monitor], "
            "within_minutes: 60, instruction: Look at it., assumption: true}\n"
        )
        replaced[RULES] = RULES + alert
    if amended:
        replaced |= {
            "id: FRONTLINE\n": "id: FRONTLINE\n  version: '2'\n",
            CHANGED: "label: Takes tramadol now,",
        }
        replaced["  version: null\n"] = ""
    for old, new in replaced.items():
        assert found.count(old) == 1, (old, found.count(old))
        found = found.replace(old, new)
    return found


def mixed(scene: Scene) -> None:
    """Fill a form of which one item is hidden; that item says something else in the other world."""
    for one in ("one", "two"):
        code = scene.open("mixed", "D7", of=one)
        scene.fill(code, open_one="3", hidden_one="7" if scene.other else "2")
        scene.named[f"mixed@D7:{one}"] = code


def reviewed(scene: Scene) -> None:
    """Verify what was filled, and settle what a check asked."""
    code = scene.named["mixed@D7:one"]
    services.verify(form=code, at=scene.at, by=scene.by("monitor"))
    asked = Query.objects.get(form__code=code, check_id="least")
    services.close_query(query=asked.code, text="So it was", at=scene.at, by=scene.by("monitor"))


def again(*values: str) -> Callable[[Scene], None]:
    """Return the step in which the hidden item alone is answered again, some times."""

    def deed(scene: Scene) -> None:
        for value in values:
            scene.correct(scene.named["mixed@D7:one"], "hidden_one", value)

    return deed


def amend(filler: str) -> Callable[[Scene], None]:
    """Return the step in which a site begins to work under another version."""

    def deed(scene: Scene) -> None:
        number = studies.add_version(
            text=text(filler, amended=True), name="frontline.yaml", at=scene.at, by="system"
        )
        day = scene.at.date()
        studies.adopt_version(
            site="SEA", version=number, approved_on=None, effective_from=day, at=scene.at, by="system"
        )

    return deed


def hidden_visit(*of: str, high: bool = False) -> Callable[[Scene], None]:
    """Return the step in which the hidden visit is held."""

    def deed(scene: Scene) -> None:
        for one in of:
            day = (scene.at - timedelta(days=1)).date()
            place = {"participant": scene.named[one], "visit": "HID", "status": "held"}
            services.record_visit(**place, date=day, at=scene.at, by=scene.by(scene.usual))
            fill("whole", "HID", one, high=high)(scene)

    return deed


def steps(filler: str) -> tuple[Step, ...]:
    """Return the history."""

    def hiding(name: str, deed: Callable[[Scene], None], instead: Callable[[Scene], None]) -> Step:
        return Step(name, by_filler(filler, deed), hidden=True, instead=by_filler(filler, instead))

    return (
        Step("draw", draw),
        *(Step(f"enroll {name}", enroll(name, site, DOSE_ON)) for name, site in PEOPLE),
        Step("screening", hold("SCR", "one", "two")),
        hiding("first of all", fill("whole", "D7", "one"), fill("whole", "D7", "two", high=True)),
        Step(f"amendment of {filler}", amend(filler)),
        Step("vitals", fill("vitals", "SCR", "one")),
        Step("day seven begins", begin_visit),
        Step("day seven", hold("D7", "one", "two")),
        Step("mixed", by_filler(filler, mixed)),
        Step("reviewed", reviewed),
        hiding("changed", again("1"), again("9", "4", "8")),
        hiding(
            "log",
            log_entries("secret", of="one", count=1),
            both(
                log_entries("secret", of="two", count=3, high=True), log_entries("secret", of="one", count=2)
            ),
        ),
        hiding("hidden visit", hidden_visit("one"), hidden_visit("two", high=True)),
        Step("last", fill("vitals", "SCR", "two")),
    )


def begin_visit(scene: Scene) -> None:
    """Begin a visit that a hidden form may have begun."""
    for one in ("one", "two"):
        services.begin_visit(participant=scene.named[one], visit="D7", at=scene.at, by=scene.by("team"))


PEOPLE = (("one", "SEA"), ("two", "SEA"), ("three", "NYC"))

__all__ = ["SITES", "steps", "text"]
