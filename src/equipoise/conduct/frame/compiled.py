"""Templates that are compiled to Python: for what a page repeats hundreds of times.

Holds the environment that Django's engine `jinja2` uses for every app's `jinja2` folder. Everything that is
printed is escaped, and a name that nobody set is an error. Refuses what other pages do well with: the frame
and its blocks stay with Django's own templates, which take ten times as long for each tag.
"""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from jinja2 import Environment, StrictUndefined


def environment(**options: Any) -> Environment:
    """Return the environment: gettext as `_`, and `url` for addresses."""
    fixed = {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**options | fixed)  # noqa: S701 - autoescape is fixed above
    made.globals.update(_=gettext, url=_url)
    return made


def _url(name: str, *args: object) -> str:
    return reverse(name, args=args)
