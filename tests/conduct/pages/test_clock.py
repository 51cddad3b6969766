"""A machine whose clock jumps, back before the study or far ahead: no page breaks, no answer is lost, the chain is whole."""

from datetime import timedelta

import pytest
from tests.conduct.pages.conftest import AT, HERE, World

from equipoise.conduct.audit import chains

JSON = {"Accept": "application/json"}
PAGES = (
    "/",
    "/participants/",
    f"/participants/{HERE}/",
    "/queries/",
    "/alerts/",
    "/people/",
    "/find/?q=zebra",
)
JUMPS = {"most of a year back": -300, "a day back": -1, "ten years ahead": 3_650}


@pytest.mark.parametrize("days", JUMPS.values(), ids=JUMPS)
def test_a_clock_that_jumps_breaks_no_page_and_no_chain(world: World, days: int) -> None:
    form = world.opened("madrs", "PREP1")
    world.save(form, reduced_sleep="2")
    before = world.client("coordinator")
    world.hand[0] = AT + timedelta(days=days)
    # A session that seems to begin in the future goes on; one that is ten years old has ended.
    assert before.get("/").status_code == (302 if days > 0 else 200)
    client = world.client("coordinator")
    for path in (*PAGES, f"/forms/{form}/"):
        assert client.get(path).status_code == 200, path
    changed = {"a:reduced_sleep:0": "4", "s:reduced_sleep:0": "1", "a:suicidal_thoughts:0": "5"}
    saved = client.post(f"/forms/{form}/save/", changed, headers=JSON)
    assert (saved.status_code, saved.json()["alerts"][0]["failed"]) == (200, "")
    for path, sent in (
        (f"/participants/{HERE}/form/", {"form": "vitals", "visit": "SCR", "visit_repeat": "1"}),
        (f"/participants/{HERE}/anchor/", {"anchor": "dose", "date": "2026-12-20", "reason": "moved"}),
        (
            f"/participants/{HERE}/visit/",
            {"visit": "SCR", "repeat": "1", "status": "missed", "reason": "ill"},
        ),
    ):
        assert client.post(path, sent).status_code in (302, 422), path
    world.hand[0] = AT + timedelta(hours=1)
    answers = {line.item: line.answer for line in world.page(form).items}
    assert (answers["reduced_sleep"], answers["suicidal_thoughts"]) == ("4", "5")
    assert chains.check("trial", anchors=[]).problems == ()
