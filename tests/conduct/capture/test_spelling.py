"""Numbers and days as people write them, stored alike whatever they speak."""

import pytest

from equipoise.conduct.capture.spelling import plain


@pytest.mark.parametrize(
    ("typed", "kind", "stored"),
    [
        ("3,5", "number", "3.5"),
        ("-0,25", "number", "-0.25"),
        (" 37,8 ", "number", "37.8"),
        ("0,125", "number", "0.125"),
        ("3.5", "number", "3.5"),
        ("1,234", "number", "1,234"),
        ("1,234,5", "number", "1,234,5"),
        ("3,5", "text", "3,5"),
        ("3,5", "code", "3,5"),
        ("05/03/2022", "date", "2022-03-05"),
        ("5-3-2022", "date", "2022-03-05"),
        ("5.3.2022", "partial_date", "2022-03-05"),
        ("03/2022", "partial_date", "2022-03"),
        ("2022", "partial_date", "2022"),
        ("2022-03", "partial_date", "2022-03"),
        ("5 de marzo de 2022", "date", "2022-03-05"),
        ("5 mar. 2022", "date", "2022-03-05"),
        ("Marzo de 2022", "partial_date", "2022-03"),
        ("setiembre 2021", "partial_date", "2021-09"),
        ("septiembre del 2021", "partial_date", "2021-09"),
        ("23/11/2026 9:05", "instant", "2026-11-23T09:05"),
        ("5/3/22", "date", "5/3/22"),
        ("32 de nada de 2022", "date", "32 de nada de 2022"),
        ("12/31/2022", "date", "12/31/2022"),
        ("30/02/2022", "date", "30/02/2022"),
        ("13/2022", "partial_date", "13/2022"),
        ("", "number", ""),
    ],
)
def test_spanish_is_written_as_the_study_writes(typed: str, kind: str, stored: str) -> None:
    assert plain(typed, kind, "es") == stored


@pytest.mark.parametrize("typed", ["3,5", "05/03/2022", "marzo de 2022"])
def test_in_english_it_stays_as_it_was_typed(typed: str) -> None:
    assert {plain(typed, kind, "en") for kind in ("number", "date", "partial_date", "text")} == {typed}
