"""Which forms of a participant a rater has, for the timeline of the staff."""

from django import template

from equipoise.conduct.tasks import roster

register = template.Library()


@register.simple_tag
def with_raters(participant: str) -> frozenset[str]:
    """Return "VISIT REPEAT FORM" of the participant's forms that a rater has."""
    found = roster.with_raters(participant)
    return frozenset(f"{visit} {repeat} {form}" for visit, repeat, form in found)


@register.filter
def spot(form: object, visit: object) -> str:
    """Return how `with_raters` names a form of a visit."""
    return f"{getattr(visit, 'visit', '')} {getattr(visit, 'repeat', '')} {getattr(form, 'form', '')}"
