"""Answers in words: codes by their label, days as people write them, units without their code's brackets."""

import pytest

from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.capture import words
from equipoise.conduct.capture.lines import Code
from equipoise.protocol.answer import Answer

CODES = (Code("0", "no"), Code("1", "yes"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Answer(code="1"), "yes"),
        (Answer(code="7"), "7"),
        (Answer(number=1.5, unit="mm[Hg]"), "1.5 mmHg"),
        (Answer(number=37.0, unit="Cel"), "37 °C"),
        (Answer(number=40.0, unit="a"), "40 years"),
        (Answer(number=3.0), "3"),
        (Answer(date="2026"), "2026"),
        (Answer(date="2026-03"), "Mar 2026"),
        (Answer(date="2026-03-05"), "5 Mar 2026"),
        (Answer(date="17:30"), "17:30"),
        (Answer(date="2026-11-01T09:00:00-08:00"), "1 Nov 2026 09:00"),
        (Answer(text="2026-03-05 was bad"), "2026-03-05 was bad"),
        (Answer(missing_reason="declined"), "Participant declined"),
        (Answer(), ""),
    ],
)
def test_an_answer_is_said_in_words(given: Answer, said: str) -> None:
    assert words.answer(given, CODES) == said


def test_every_role_has_a_name() -> None:
    assert {role: words.role(role) for role in ROLES} == ROLES
    assert (words.role("participant"), words.role(""), words.role("ghost")) == ("Participant", "", "ghost")
