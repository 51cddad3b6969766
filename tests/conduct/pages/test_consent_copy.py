"""A participant gets what they signed to keep: text, names, times and digest on one page to print."""

import pytest
from tests.conduct.consenting import hand_over, understand
from tests.conduct.pages.conftest import HERE, THERE, World, text_of, words_of

from equipoise.conduct.consent import reads
from equipoise.conduct.enrollment.services import consenting

PAGE = f"/participants/{HERE}/consent/copy/"


def test_a_copy_shows_text_names_times_and_digest_of_what_was_signed(world: World) -> None:
    (given,) = reads.given(HERE)
    answer = world.client("coordinator").get(PAGE)
    said = words_of(answer)
    form = reads.version("SEA", given.number, given.language)
    assert form is not None
    assert f"Copy of the consent {form.title}" in said
    assert (
        "Name Jo Doe Signed 23 Nov 2026 10:00 (America/Los_Angeles) Countersigned Coordinator, 23 Nov" in said
    )
    assert given.content_sha256 in said
    assert PAGE in text_of(world.client("coordinator").get(f"/participants/{HERE}/consent/"))


def test_a_copy_is_of_the_consent_signed_last_under_the_name_of_then(world: World) -> None:
    by, at = world.people.coordinator.viewer(), world.hand[0]
    again = hand_over("SEA", at=at, by=by, participant=HERE)
    understand(again, at=at, by=by)
    consenting.sign(signing=again.token, name="Jo Smith", at=at, by=by)
    said = words_of(world.client("coordinator").get(PAGE))
    assert "Name Jo Smith Signed 23 Nov 2026 10:00 (America/Los_Angeles) Countersigned –" in said


@pytest.mark.parametrize(("who", "status"), [("monitor", 403), ("outsider", 404), ("auditor", 403)])
def test_names_on_it_are_for_those_who_take_consent(world: World, who: str, status: int) -> None:
    assert world.client(who).get(PAGE).status_code == status


def test_another_sites_participant_has_no_copy_here(world: World) -> None:
    assert world.client("coordinator").get(PAGE.replace(HERE, THERE)).status_code == 404
