"""Strata in words: what a list calls `prior_use=never;site=SEA` as people read it."""

from equipoise import expressions
from equipoise.allocation.plan import BETWEEN_FACTOR_AND_LEVEL, BETWEEN_FACTORS, UNSTRATIFIED
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.protocol import Resolved
from equipoise.protocol.arms import Stratum


def words(stratum: str) -> str:
    """Return a stratum in the protocol's words; "" for the one that holds everybody."""
    study = studies.study()
    if stratum == UNSTRATIFIED or study is None:
        return ""
    resolved = studies.resolved(study.version)
    factors = {one.id: one for one in resolved.protocol.allocation.strata or ()}
    parts = [part.partition(BETWEEN_FACTOR_AND_LEVEL) for part in stratum.split(BETWEEN_FACTORS)]
    return " · ".join(
        _part(factors[factor], level, resolved) if factor in factors else f"{factor}: {level}"
        for factor, _, level in parts
    )


def _part(factor: Stratum, level: str, resolved: Resolved) -> str:
    label = wording.said(factor.label or factor.id, resolved)
    return f"{label}: {level_words(factor, level, resolved)}"


def level_words(factor: Stratum, level: str, resolved: Resolved) -> str:
    """Return a level as the question that decides it words the answer; a site by its name."""
    if factor.item is None:
        found = studies.site(level)
        return found.name if found else level
    (name,) = expressions.parse(factor.item).names
    form, item = resolved.locate(name)
    codes = resolved.forms[form].item(item).codes or {}
    return wording.said(str(codes.get(level, level)), resolved)
