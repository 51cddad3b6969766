"""Days on pages, as each language writes them."""

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template, engines
from django.utils.translation import override

from equipoise.conduct.frame import days

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "layout", "said"),
    [
        ("en", "D j M Y H:i", "Mon 23 Nov 2026 14:05"),
        ("es", "D j M Y H:i", "lun 23 nov 2026 14:05"),
        ("es", "Y-m-d", "2026-11-23"),
        ("es", "H:i", "14:05"),
    ],
)
def test_templates_of_both_engines_write_months_as_the_language_does(
    language: str, layout: str, said: str
) -> None:
    text = '{{ at|date:"%s" }}' % layout  # noqa: UP031 - braces
    with override(language):
        assert Template(text).render(Context({"at": AT})) == said
        compiled = engines["jinja2"].from_string('{{ at | date("%s") }}' % layout)  # noqa: UP031 - braces
        assert compiled.render({"at": AT}) == said
        assert days.in_words(AT, layout) == said


def test_a_day_that_is_missing_stays_empty() -> None:
    with override("es"):
        assert days.written(None, "j M Y") == ""
        assert days.written(date(2026, 12, 1)) == "1 de diciembre de 2026"
