"""The history of a trial of three doses in strata of site and earlier use, with a second dose under the same mask."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.blinding.history import (
    DOSE_ON,
    SEVERE,
    Scene,
    Step,
    by_filler,
    corrected,
    dispense,
    draw,
    enroll,
    fill,
    hold,
    randomize,
)

from equipoise.conduct.capture import services

DOSE_RESPONSE = Path(__file__).parents[2] / "protocols" / "dose-response.yaml"
ANSWERS = {
    "failed_treatments": "3",
    "psychedelic_months": "24",
    "valve_disease": "0",
    "psychosis": "0",
    "qtc_ms": "410",
    "seizures": "0",
    "substance_use": "0",
    "pregnancy": "0",
    "escort": "1",
}
PEOPLE = {"one": "never", "two": "ever", "three": "never"}
"""Who is randomized, and whether they ever took a psychedelic."""


def dose_response() -> str:
    """Return the protocol, two of its twelve sites named as those where people of these tests work."""
    found = DOSE_RESPONSE.read_text(encoding="utf-8")
    for old, new in (("site_01", "SEA"), ("site_02", "NYC")):
        assert found.count(old) == 1
        found = found.replace(old, new)
    return found


def screened(scene: Scene) -> None:
    """Find participants eligible."""
    for one, used in PEOPLE.items():
        scene.fill(scene.open("screening", "SCR", of=one), psychedelic_history=used, **ANSWERS)
        scene.fill(scene.open("demographics", "SCR", of=one), age="44")
        scene.fill(scene.open("madrs", "SCR", of=one), **SEVERE)
        fill("cssrs", "SCR", one)(scene)
        fill("vitals", "SCR", one, systolic="120", diastolic="80")(scene)
        services.confirm(participant=scene.named[one], at=scene.at, by=scene.by("team"))


def retreated(visit: str, *of: str) -> Callable[[Scene], None]:
    """Return the step in which a dose is given with the kit of the participant."""

    def deed(scene: Scene) -> None:
        for one in of:
            day = (scene.at - timedelta(days=1)).date()
            place = {"participant": scene.named[one], "visit": visit, "status": "held"}
            services.record_visit(**place, date=day, at=scene.at, by=scene.by("team"))
            fill("dose_given", visit, one)(scene)
            fill("vitals", visit, one)(scene)

    return deed


DOSES: tuple[Step, ...] = (
    Step("draw", draw),
    Step("enroll one", enroll("one", dose_on=DOSE_ON)),
    Step("enroll two", enroll("two", dose_on=DOSE_ON)),
    Step("enroll three", enroll("three", "NYC", dose_on=DOSE_ON)),
    Step("screening", hold("SCR", *PEOPLE)),
    Step("screened", screened),
    Step("baseline", hold("BASE", *PEOPLE)),
    Step("expectancy", by_filler("coordinator", fill("expectancy", "BASE", "one", "two"))),
    Step("expectancy elsewhere", by_filler("outsider", fill("expectancy", "BASE", "three"))),
    Step("rating", fill("madrs", "BASE", *PEOPLE, **SEVERE)),
    Step("randomize", randomize(*PEOPLE)),
    Step("dispense", dispense),
    Step("dose", retreated("DOSE", "one", "two")),
    Step("alert", corrected("vitals@SCR:one", "systolic", "205")),
    Step("week six", hold("W6", "one")),
    Step("rating again", fill("madrs", "W6", "one")),
    Step("second dose", retreated("REDOSE", "one")),
    Step("correction", corrected("vitals@SCR:one", "systolic", "180")),
)
