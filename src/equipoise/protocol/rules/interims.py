"""Interim looks: when each takes place, what it spends, when it stops, and who is told.

Holds what can be judged without numerics. Where the boundaries lie is computed by `analysis.looks`.
"""

from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.interim import Futility, Interim
from equipoise.protocol.rules.draft import Draft, listed
from equipoise.source import Path

MAY_SEE = ("dsmb_member", "unblinded_statistician")
"""Roles for which an interim result is meant; anybody else could be swayed by it."""
WITH_METHOD = {
    "conditional_power": ("threshold", "under"),
    "predictive_power": ("threshold",),
    "statistic": ("statistic",),
    "beta_spending": ("spending", "gamma"),
}
"""Kind of futility to the fields that go with it."""
NEEDED = {
    "conditional_power": "threshold",
    "predictive_power": "threshold",
    "statistic": "statistic",
    "beta_spending": "spending",
}
"""Kind of futility to the field it cannot do without."""
END = "end"
HWANG = "hwang_shih_decani"


def interims(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with the looks, each alone and those at one estimand together."""
    for place, look in enumerate(draft.protocol.interims):
        path: Path = ("interims", place)
        yield from _trigger(draft, look, path)
        yield from _spending(draft, look, path)
        yield from _people(draft, look, path)
        if look.futility is not None:
            yield from _futility(draft, look.futility, (*path, "futility"))
    yield from _together(draft)


def _trigger(draft: Draft, look: Interim, path: Path) -> Iterator[Problem]:
    trigger = look.trigger
    if look.id == END:
        yield draft.error((*path, "id"), f"`{END}` is what the final analysis is called", "choose another")
    if (trigger.participants is None) == (trigger.fraction is None):
        message = f"nothing or two things say when {look.id} takes place"
        yield draft.error((*path, "trigger"), message, "give `participants` or `fraction`")
    n = draft.protocol.planned_n
    if n is not None and trigger.participants is not None and trigger.participants >= n:
        message = f"after {trigger.participants} of {n} participants a look is no longer interim"
        yield draft.error((*path, "trigger", "participants"), message, "look earlier")
    if n is None and look.spending.method != "none":
        message = f"{look.id} spends alpha by its share of a planned number that nobody has given"
        yield draft.error((*path, "trigger"), message, "give `sample_size: {n: ...}`")
    estimand = next((one for one in draft.protocol.estimands if one.id == look.estimand), None)
    if estimand is not None and trigger.visit != estimand.variable.visit:
        message = (
            f"{look.id} waits for {trigger.visit}, and {estimand.id} is read at {estimand.variable.visit}"
        )
        yield draft.warning((*path, "trigger", "visit"), message, "wait for the visit of the estimand")


def _spending(draft: Draft, look: Interim, path: Path) -> Iterator[Problem]:
    spending = look.spending
    if (spending.gamma is not None) != (spending.method == HWANG):
        message = "`gamma` goes with hwang_shih_decani, which needs it"
        yield draft.error((*path, "spending"), message, "give or remove `gamma`")
    if spending.method == "none":
        return
    multiplicity = draft.protocol.multiplicity
    if multiplicity is None or look.estimand not in multiplicity.order:
        message = f"{look.id} spends alpha that {look.estimand} does not have"
        hint = f"list {look.estimand} in `multiplicity.order`, or give `spending: {{method: none}}`"
        yield draft.error((*path, "spending"), message, hint)
    elif multiplicity.method == "hochberg":
        message = "Hochberg's procedure is not known to keep alpha when there are looks"
        yield draft.warning((*path, "spending"), message, "use method holm, fixed_sequence or graph")


def _people(draft: Draft, look: Interim, path: Path) -> Iterator[Problem]:
    others = [role for role in look.seen_by if role not in MAY_SEE]
    if others:
        message = f"{listed(others)} would see unblinded results while the trial goes on"
        yield draft.warning((*path, "seen_by"), message, f"show them to {listed(MAY_SEE)} only")
    if not look.seen_by:
        yield draft.error((*path, "seen_by"), f"nobody sees {look.id}", "name a role")
    elif look.decided_by not in look.seen_by:
        named = "decided_by" in look.model_fields_set
        message = f"{look.decided_by} decides on {look.id} without seeing it"
        place = (*path, "decided_by") if named else (*path, "seen_by")
        yield draft.error(place, message, f"list {look.decided_by}, or name another in `decided_by`")


def _futility(draft: Draft, futility: Futility, path: Path) -> Iterator[Problem]:
    method = futility.method
    given = [
        name
        for name in ("threshold", "under", "statistic", "spending", "gamma")
        if getattr(futility, name) is not None
    ]
    for name in given:
        if name not in WITH_METHOD[method]:
            message = f"`{name}` does not go with {method}"
            yield draft.error((*path, name), message, f"{method} takes {listed(WITH_METHOD[method])}")
    if NEEDED[method] not in given:
        message = f"{method} needs `{NEEDED[method]}`"
        yield draft.error((*path, "method"), message, f"give `{NEEDED[method]}`")
    if futility.threshold in (0, 1):
        message = f"a power of {futility.threshold:g} is reached never or always"
        yield draft.error((*path, "threshold"), message, "give a number between 0 and 1")
    if futility.spending is not None and (futility.gamma is not None) != (futility.spending == HWANG):
        message = "`gamma` goes with hwang_shih_decani, which needs it"
        yield draft.error((*path, "spending"), message, "give or remove `gamma`")
    size = draft.protocol.sample_size
    planned = method == "beta_spending" or futility.under == "planned"
    if planned and (size is None or size.power is None):
        message = "nothing says which power was planned, and futility rests on it"
        yield draft.error(path, message, "give `sample_size: {power: ...}`", key=True)


def _together(draft: Draft) -> Iterator[Problem]:
    n = draft.protocol.planned_n
    shares: dict[str, float] = {}
    first: dict[str, Interim] = {}
    for place, look in enumerate(draft.protocol.interims):
        path: Path = ("interims", place)
        share = look.trigger.fraction
        if share is None and n and look.trigger.participants is not None:
            share = look.trigger.participants / n
        if share is not None:
            if share <= shares.get(look.estimand, 0.0):
                message = f"{look.id} comes no later than the look before it"
                yield draft.error((*path, "trigger"), message, "list looks in order, each later")
            shares[look.estimand] = share
        yield from _alike(draft, look, first.setdefault(look.estimand, look), path=path)


def _alike(draft: Draft, look: Interim, before: Interim, *, path: Path) -> Iterator[Problem]:
    """Yield where a look cannot be part of the same design as the first one at its estimand."""
    pairs = {
        "spending": (
            (look.spending.method, look.spending.gamma),
            (before.spending.method, before.spending.gamma),
        ),
        "futility": (_kind(look.futility), _kind(before.futility)),
    }
    for name, (here, there) in pairs.items():
        if here != there:
            message = f"{look.id} and {before.id} look at {look.estimand} under different rules of {name}"
            path_to = (*path, name) if getattr(look, name) is not None else path
            yield draft.error(path_to, message, "give both the same; thresholds may differ")


def _kind(futility: Futility | None) -> tuple[object, ...]:
    if futility is None:
        return ()
    return futility.method, futility.binding, futility.spending, futility.gamma
