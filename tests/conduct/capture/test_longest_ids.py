"""The longest ids a protocol and a study may give fit wherever an id is kept, on both engines."""

import re
from datetime import datetime
from typing import Any

import pytest
from tests.conduct.consenting import enrolled

from equipoise.conduct.audit.models import SUBJECTS_LENGTH, Event
from equipoise.conduct.capture import services
from equipoise.conduct.capture.access import FORM
from equipoise.conduct.capture.models import PARTICIPANT_LENGTH
from equipoise.conduct.frame import codes
from equipoise.conduct.studies import services as studies

LONGEST_NAME = 64
"""Characters of a name in a protocol file."""
TRIAL, VISIT, SITE = "T" * LONGEST_NAME, "V" * LONGEST_NAME, "S" * 16
LONGEST_FORM = f"{FORM}{codes.code('form')}"


@pytest.fixture
def protocol_text(flagship: str) -> str:
    return re.sub(r"\bSCR\b", VISIT, flagship).replace("id: FRONTLINE", f"id: {TRIAL}")


@pytest.mark.both_stores
def test_the_longest_ids_fit_into_every_event(begun: Any, staff: Any, at: datetime) -> None:
    studies.add_site(site=SITE, name="Long", time_zone="UTC", at=at, by="system")
    viewer = staff.with_roles("coordinator", site=SITE)
    one = enrolled(SITE, at=at, by=viewer)
    assert len(one) == LONGEST_NAME + len(f"-{SITE}-001") <= PARTICIPANT_LENGTH
    services.record_visit(participant=one, visit=VISIT, status="held", date=at.date(), at=at, by=viewer)
    services.open_form(participant=one, visit=VISIT, form="madrs", at=at, by=viewer)
    written = (
        Event.objects.using("default").filter(subjects__startswith=one).values_list("subjects", flat=True)
    )
    assert f"{one} {VISIT}" in written
    longest = "x" * PARTICIPANT_LENGTH
    assert len(f"{longest} {VISIT} {VISIT} {LONGEST_FORM}") <= SUBJECTS_LENGTH
