"""Parts of pages that are drawn by a compiled template, from within an ordinary one."""

from django import template
from django.utils.safestring import SafeString

from equipoise.conduct.frame import states
from equipoise.conduct.frame.compiled import draw

register = template.Library()
register.filter("state_word", states.in_words)


@register.simple_tag
def compiled(name: str, **context: object) -> SafeString:
    """Return what a compiled template draws of these values."""
    return draw(name, context)
