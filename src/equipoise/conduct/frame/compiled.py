"""Templates that are compiled to Python: for what a page repeats hundreds of times.

Holds the environment that Django's engine `jinja2` uses for every app's `jinja2` folder. Everything that is
printed is escaped, and a name that nobody set is an error. Refuses what other pages do well with: the frame
and its blocks stay with Django's own templates, which take ten times as long for each tag.
"""

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from jinja2 import Environment, StrictUndefined

from equipoise.conduct.frame import days, states


def environment(**options: Any) -> Environment:
    """Return the environment: gettext as `_`, `url` for addresses, `state_word`, and `date` as Django's."""
    fixed = ("autoescape", "undefined", "trim_blocks", "lstrip_blocks")
    others = {name: value for name, value in options.items() if name not in fixed}
    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **others
    )
    made.globals.update(_=gettext, url=_url, state_word=states.in_words)
    made.filters["date"] = days.written
    return made


def draw(template: str, context: Mapping[str, Any]) -> SafeString:
    """Return what a compiled template makes of these values, as HTML."""
    # The template escaped everything it printed; Django's engine does not say so itself.
    return mark_safe(render_to_string(template, dict(context), using="jinja2"))  # noqa: S308  # nosec B308 B703


def _url(name: str, *args: object) -> str:
    return reverse(name, args=args)
