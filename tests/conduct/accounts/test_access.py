"""The gate."""

from pathlib import Path

from tests.conduct.people import People


def test_a_signed_in_person_sees_their_account(study: Path, people: People) -> None:
    assert people.client("rater").get("/account/").status_code == 200
