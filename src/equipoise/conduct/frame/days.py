"""Days as each language writes them: Spanish writes the names of months and weekdays small.

Django's formats `M` and `D` make them large in every language. Holds that one rule, for templates of both
engines and for answers in words. Refuses to choose a format: pages do.
"""

from datetime import date

from django.template import defaultfilters
from django.utils.dateformat import format as dated
from django.utils.translation import get_language

SMALL = frozenset({"es"})
"""Languages that write the names of months and weekdays small."""
NAMES = frozenset("DFMNl")
"""Letters of a format that give such a name."""


def written(value: date | str | None, layout: str | None = None) -> str:
    """Return what Django's filter `date` does, as the language of the page writes it."""
    return _small(str(defaultfilters.date(value, layout)), layout or "")


def in_words(value: date, layout: str) -> str:
    """Return a day, or an instant, in a format, as the language of the page writes it."""
    return _small(dated(value, layout), layout)


def _small(text: str, layout: str) -> str:
    return text.lower() if get_language() in SMALL and not NAMES.isdisjoint(layout) else text
