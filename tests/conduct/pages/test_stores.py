"""One course through the pages on both engines: what is shown and stored is the same."""

import pytest
from tests.conduct.pages.conftest import HERE, World, fields_of, words_of


@pytest.mark.both_stores
def test_a_visit_is_taken_from_planned_to_verified_on_both_engines(world: World) -> None:
    client = world.client("coordinator")
    page = f"/participants/{HERE}/"
    held = {"visit": "PREP1", "repeat": "1", "status": "held", "date": "2026-11-23"}
    assert "The visit is recorded." in words_of(client.post(f"{page}visit/", held, follow=True))
    begun = {"form": "madrs", "visit": "PREP1", "visit_repeat": "1", "repeat": "1"}
    form = client.post(f"{page}form/", begun).headers["Location"]
    saved = client.post(
        f"{form}save/", {"a:suicidal_thoughts:0": "5"}, headers={"Accept": "application/json"}
    )
    assert saved.json()["alerts"][0]["failed"] == ""
    clash = client.post(
        f"{form}save/", {"a:suicidal_thoughts:0": "1"}, headers={"Accept": "application/json"}
    )
    assert clash.status_code == 409
    gaps = client.post(form, {"complete": "1"})
    assert (gaps.status_code, "9 answers are missing" in words_of(gaps)) == (422, True)
    fields = {**fields_of(gaps), "complete": "1"}
    fields |= {f"a:{line.item}:0": line.answer or "1" for line in world.page(form.split("/")[-2]).items}
    assert "The form is complete." in words_of(client.post(form, fields, follow=True))
    assert "Verified." in words_of(world.client("monitor").post(f"{form}verify/", follow=True))
    trail = words_of(world.get("monitor", "/audit/", subject=HERE))
    names = ["Form verified", "Form completed", "Answers saved", "Alert raised", "Form begun", "Visit held"]
    places = [trail.index(name, trail.index("Reason")) for name in names]
    assert places == sorted(places)
    for who, path in (
        ("coordinator", "/"),
        ("coordinator", "/participants/"),
        ("coordinator", page),
        ("monitor", "/queries/"),
    ):
        world.get(who, path)
    assert world.client("outsider").get(form).status_code == 404
