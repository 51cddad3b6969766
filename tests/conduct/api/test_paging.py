"""Lists in parts, while they are worked off and others work too: nothing is left out, and nobody begins anew unasked."""

from base64 import urlsafe_b64encode

import pytest
from tests.conduct.api.conftest import Programs
from tests.conduct.enrollment.test_applicants import arrived

from equipoise.conduct.api import paging
from equipoise.conduct.api.operation import Refused
from equipoise.conduct.api.shapes import LONGEST_ID
from equipoise.conduct.capture.models import Alert


def test_applications_are_decided_about_while_the_list_is_read(programs: Programs) -> None:
    """Whoever was decided about leaves the list of the new ones, and is where it goes on all the same."""
    names = [arrived(f"Ada{number} Example") for number in range(5)]
    client, seen, after = programs.client("coordinator"), [], ""
    while True:
        part = programs.ask(client, f"/applicants?state=new&limit=2&after={after}")
        shown = [one["applicant"] for one in part["items"]]
        seen += shown
        programs.ask(client, "/applicants/decisions", {"applicants": shown, "decision": "invited"})
        after = part["next"]
        if not after:
            break
    assert seen == names[::-1]
    elsewhere = arrived("Cid Example", site="NYC")
    programs.ask(client, f"/applicants?state=new&after={paging.mark(elsewhere)}", status=422)


def test_alerts_are_closed_while_the_list_is_read(programs: Programs) -> None:
    world = programs.world
    for visit in ("SCR", "PREP1", "D1"):
        world.save(world.opened("madrs", visit), suicidal_thoughts="5")
    client, seen, after = programs.client("investigator"), [], ""
    assert Alert.objects.count() == 3
    while True:
        part = programs.ask(client, f"/alerts?limit=1&after={after}")
        for one in part["items"]:
            seen.append(one["alert"])
            programs.ask(
                client, f"/alerts/{one['alert']}/notes", {"status": "closed", "text": "Safe"}, status=204
            )
        after = part["next"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 3
    assert programs.ask(client, "/alerts")["items"] == []


def test_a_place_is_short_however_long_the_name_is() -> None:
    names = ["short", "\u00e9" * 40, "x" * 64, *(f"{'x' * 200}{number}" for number in range(3))]
    marks = [paging.mark(one) for one in names]
    assert max(map(len, marks)) <= LONGEST_ID
    assert len(set(marks)) == len(names)
    seen, after = [], ""
    while True:
        part = paging.part(names, str, limit=1, after=after)
        seen += part.items
        after = part.next
        if not after:
            break
    assert seen == names
    with pytest.raises(Refused):
        paging.part(names, str, limit=1, after=paging.mark("never"))


@pytest.mark.parametrize(
    "place", ["foo", "~1", "2026~99", "2026-11-23T18:00:00.000000Z", "\u0663", "x~\u0663"]
)
def test_a_place_that_is_none_in_the_trail_begins_nothing_anew(programs: Programs, place: str) -> None:
    after = urlsafe_b64encode(place.encode()).decode().rstrip("=")
    programs.ask("auditor", f"/audit?after={after}", status=422)
