"""Sentences of services, made in English, as a page in Spanish says them."""

import pytest
from django.utils.translation import override

from equipoise.conduct.frame.sentences import said


@pytest.mark.parametrize(
    ("sentence", "spanish"),
    [
        ("the study is locked", "el estudio está bloqueado"),
        ("it is in progress", "está en curso"),
        ("42 is outside the range", "42 está fuera del intervalo"),
        ("expected a whole number from 0 to 27", "se espera un número entero de 0 a 27"),
        ("they work blind, as session monitor", "trabaja con enmascaramiento, como acompañante de sesión"),
        (
            "kit 104 is not on this list for stratum `site=SEA`",
            "el kit 104 no está en esta lista para el estrato `site=SEA`",
        ),
        ("Something nobody ever said", "Something nobody ever said"),
        ("", ""),
    ],
)
def test_a_sentence_is_known_again_by_its_pattern(sentence: str, spanish: str) -> None:
    with override("es"):
        assert said(sentence) == spanish
    assert said(sentence) == sentence


def test_what_somebody_typed_is_never_translated() -> None:
    with override("es"):
        assert said("`Sign in` is not a number") == "`Sign in` no es un número"


def test_names_of_the_study_are_looked_up_where_they_stand_in_a_sentence() -> None:
    with override("es"):
        known = {"Vital signs": "Signos vitales"}
        found = said("Vital signs (Screening) is not complete", lambda text: known.get(text, text))
    assert found == "Signos vitales (Screening): formulario incompleto"


def test_of_two_patterns_the_one_that_says_more_counts() -> None:
    with override("es"):
        assert said("there is no consent form 2 at SEA") == (
            "no existe el formulario de consentimiento 2 en SEA"
        )
