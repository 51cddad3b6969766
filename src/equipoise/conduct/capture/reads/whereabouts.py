"""At which site participants are seen, for those who may know no more of them.

Holds the look-up. Refuses to judge who may ask.
"""

from collections.abc import Collection

from equipoise.conduct.capture.models import Participant


def sites_of(participants: Collection[str]) -> dict[str, str]:
    """Return participant to site, for those there are."""
    return dict(Participant.objects.filter(participant__in=participants).values_list("participant", "site"))


def participants_at(sites: Collection[str]) -> tuple[str, ...]:
    """Return every participant of these sites, in the order they were entered."""
    rows = Participant.objects.filter(site__in=sites).order_by("id")
    return tuple(rows.values_list("participant", flat=True))
