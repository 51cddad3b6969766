"""Arms and randomization: what each arm receives, and how participants come into it."""

import math
from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.arms import Allocation, Stratum
from equipoise.protocol.part import Stated, value_of
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft, listed, repeated, shown
from equipoise.protocol.rules.naming import read
from equipoise.source import Path

PATH: Path = ("allocation",)
PARAMETERS = {
    "permuted_blocks": ("block_sizes",),
    "big_stick": ("maximum_imbalance",),
    "efron": ("bias",),
    "minimization": ("imbalance", "bias"),
}
"""Method to the fields it needs; no other method takes them."""
OPTIONAL = {"weights": "minimization"}
"""Field that only one method takes, and may do without."""
TWO_EQUAL = ("big_stick", "efron")
FAIR_COIN = 0.5


def arms(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with arms, interventions and allocation."""
    yield from _interventions(draft)
    yield from _ratio(draft, draft.protocol.allocation)
    yield from _method(draft, draft.protocol.allocation)
    yield from _strata(draft, draft.protocol.allocation)
    yield from _gates(draft)


def _interventions(draft: Draft) -> Iterator[Problem]:
    if len(draft.protocol.arms) <= 1:
        yield draft.error(("arms",), "a randomized trial has at least two arms", "add an arm", key=True)
    given: set[str] = set()
    for place, arm in enumerate(draft.protocol.arms):
        given.update(intervention for epoch in arm.elements for intervention in arm.doses(epoch))
        if not any(arm.doses(epoch) for epoch in arm.elements):
            message = f"the arm {arm.id} receives nothing"
            yield draft.error(("arms", place, "elements"), message, "name an intervention")
    for place, intervention in enumerate(draft.protocol.interventions):
        path: Path = ("interventions", place)
        if intervention.id not in given:
            message = f"no arm receives {intervention.id}"
            yield draft.warning((*path, "id"), message, "add it to an arm, or remove it")
        if intervention.dose_mg is not None and intervention.dose_mg_per_kg is not None:
            message = "a dose is fixed or follows body weight, not both"
            yield draft.error((*path, "dose_mg_per_kg"), message, "keep one")
        if (
            intervention.dose_mg is not None or intervention.dose_mg_per_kg is not None
        ) and not intervention.substance:
            yield draft.warning(
                path, f"{intervention.id} has a dose of an unnamed substance", "give `substance`"
            )


def _ratio(draft: Draft, allocation: Allocation) -> Iterator[Problem]:
    path = (*PATH, "ratio")
    missing = [arm for arm in draft.arms if arm not in allocation.ratio]
    if missing:
        yield draft.error(path, f"the ratio does not name {listed(missing)}", "give every arm a weight")
    for arm, weight in allocation.ratio.items():
        if weight == 0:
            hint = "give it a weight of at least 1, or remove the arm"
            yield draft.error((*path, arm), f"with weight 0 nobody is ever allocated to {arm}", hint)


def _method(draft: Draft, allocation: Allocation) -> Iterator[Problem]:
    own = PARAMETERS.get(allocation.method, ())
    for name in own:
        value = getattr(allocation, name)
        if value is None:
            yield draft.error((*PATH, "method"), f"{allocation.method} needs `{name}`", f"give `{name}`")
        elif value_of(value) is None:
            message = f"`{name}` is unknown, so the trial can be neither randomized nor rehearsed"
            yield draft.warning((*PATH, name), message, "give one and mark it `assumption: true`")
    yield from _strange(draft, allocation, own)
    weights = set(allocation.ratio.values())
    if allocation.method in TWO_EQUAL and (len(allocation.ratio) != 2 or len(weights) != 1):
        message = f"{allocation.method} is for two arms of equal weight"
        yield draft.error((*PATH, "method"), message, "use permuted_blocks")
    bias = value_of(allocation.bias)
    if allocation.method == "minimization":
        yield from _minimization(draft, allocation)
    elif bias is not None and not FAIR_COIN < bias < 1:
        message = f"a bias of {bias:g} is not between 0.5 and 1"
        yield draft.error(
            (*PATH, "bias"), message, "give the probability of the arm that is behind, e.g. 0.65"
        )
    if value_of(allocation.maximum_imbalance) == 1:
        message = "with a maximum imbalance of 1 every second allocation is certain"
        yield draft.warning((*PATH, "maximum_imbalance"), message, "allow 2 or more")
    yield from _blocks(draft, allocation)


def _strange(draft: Draft, allocation: Allocation, own: tuple[str, ...]) -> Iterator[Problem]:
    """Yield an error for each field that only other methods take."""
    owners: dict[str, list[str]] = {name: [method] for name, method in OPTIONAL.items()}
    for method, names in PARAMETERS.items():
        for name in names:
            owners.setdefault(name, []).append(method)
    for name, methods in owners.items():
        if name not in own and allocation.method not in methods and getattr(allocation, name) is not None:
            message = f"`{name}` goes with {listed(methods)}; the method is {allocation.method}"
            yield draft.error((*PATH, name), message, "remove it, or change the method")


def _minimization(draft: Draft, allocation: Allocation) -> Iterator[Problem]:
    total, bias = sum(allocation.ratio.values()), value_of(allocation.bias)
    if not allocation.strata:
        message = "minimization balances factors, and none is given"
        yield draft.error((*PATH, "method"), message, "list them under `strata`, or use big_stick", key=True)
    if bias is not None and (bias >= 1 or bias * total <= 1):
        message = f"a bias of {bias:g} is not between chance (1/{total}) and 1"
        hint = "give the probability of the arm that balances best, e.g. 0.8; 1 would let draws be foreseen"
        yield draft.error((*PATH, "bias"), message, hint)
    known = [stratum.id for stratum in allocation.strata or ()]
    for factor in allocation.weights or {}:
        if factor not in known:
            message = f"the weight of {factor} belongs to no factor"
            yield draft.error((*PATH, "weights", factor), message, f"the factors are {listed(known)}")


def _blocks(draft: Draft, allocation: Allocation) -> Iterator[Problem]:
    sizes = value_of(allocation.block_sizes)
    if sizes is None:
        return
    path: Path = (*PATH, "block_sizes")
    if isinstance(allocation.block_sizes, Stated):
        path = (*path, "value")
    if not sizes:
        yield draft.error(path, "there is no block size", "list at least one")
    total = sum(allocation.ratio.values())
    for place, size in enumerate(sizes):
        if total and size % total:
            message = f"a block of {size} cannot hold the ratio {_spoken(allocation)}"
            hint = f"use a multiple of {total}{_reduced(allocation)}"
            yield draft.error((*path, place), message, hint)
    if sizes and set(sizes) == {total}:
        message = f"with every block of {total} the last arm of each block can be foreseen"
        yield draft.warning(path, message, "add larger sizes, or use big_stick")


def _spoken(allocation: Allocation) -> str:
    return ":".join(str(weight) for weight in allocation.ratio.values())


def _reduced(allocation: Allocation) -> str:
    weights = list(allocation.ratio.values())
    divisor = math.gcd(*weights)
    return f", or write the ratio as {':'.join(str(w // divisor) for w in weights)}" if divisor > 1 else ""


def _strata(draft: Draft, allocation: Allocation) -> Iterator[Problem]:
    strata = allocation.strata or ()
    for place, stratum in enumerate(strata):
        path: Path = (*PATH, "strata", place)
        if len(stratum.levels) <= 1:
            message = f"the stratum {stratum.id} has {len(stratum.levels)} level, so it divides nobody"
            yield draft.error((*path, "levels"), message, "give at least two, or remove the stratum")
        for level in repeated(stratum.levels):
            yield draft.error((*path, "levels"), f"the level {shown(level)} stands twice", "remove one")
        yield from _stratum_item(draft, stratum, path)
    if strata and allocation.method == "complete":
        message = "complete randomization draws each participant alone, so strata change nothing"
        yield draft.warning((*PATH, "strata"), message, "use another method, or remove the strata", key=True)
    yield from _sites(draft, strata)
    yield from _too_many(draft, allocation, strata)


def _stratum_item(draft: Draft, stratum: Stratum, path: Path) -> Iterator[Problem]:
    if stratum.item is None:
        if stratum.id != "site":
            message = f"nothing says how a participant's level of {stratum.id} is found"
            yield draft.error(path, message, "give `item`, as form.item@VISIT")
        return
    reading = read(draft, stratum.item)
    place = (*path, "item")
    if reading.message:
        yield draft.error(place, reading.message, reading.hint)
    if reading.message or not reading.form or reading.form not in draft.forms:
        return
    calendar = Calendar(draft)
    if reading.visit is not None and calendar.follows_dose(draft.visits[reading.visit]):
        message = f"{stratum.item} is not known when a participant is randomized"
        yield draft.error(place, message, "read it before the first dose")
    form = draft.forms[reading.form]
    if reading.value in form.scores or form.item(reading.value).type != "code":
        message = f"{reading.full} is no coded item, so it has no levels"
        yield draft.error(place, message, "use an item of type code")
        return
    yield from _levels(draft, stratum, path, tuple(form.item(reading.value).codes or ()))


def _levels(draft: Draft, stratum: Stratum, path: Path, codes: tuple[str, ...]) -> Iterator[Problem]:
    known, levels = set(codes), set(stratum.levels)
    for place, level in enumerate(stratum.levels):
        if level not in known:
            message = f"{shown(level)} is no code of {stratum.item}"
            yield draft.error((*path, "levels", place), message, f"its codes are {listed(codes)}")
    lost = [code for code in codes if code not in levels]
    if lost:
        message = f"whoever answers {listed(lost)} belongs to no stratum and cannot be randomized"
        yield draft.error((*path, "levels"), message, "list every code as a level")


def _sites(draft: Draft, strata: tuple[Stratum, ...]) -> Iterator[Problem]:
    planned = draft.protocol.trial.sites_planned
    for place, stratum in enumerate(strata):
        if stratum.id == "site" and planned is not None and len(stratum.levels) != planned:
            message = f"{len(stratum.levels)} sites are listed and {planned} are planned"
            yield draft.warning((*PATH, "strata", place, "levels"), message, "list the sites planned")


def _too_many(draft: Draft, allocation: Allocation, strata: tuple[Stratum, ...]) -> Iterator[Problem]:
    cells = math.prod(max(len(stratum.levels), 1) for stratum in strata)
    sizes: tuple[int, ...] = value_of(allocation.block_sizes) or (1,)
    smallest = min(sizes)
    n = draft.protocol.planned_n
    # Minimization balances each factor by itself, so empty combinations do no harm.
    apart = bool(strata) and allocation.method != "minimization"
    if n is not None and apart and cells * smallest > n:
        message = f"{cells} strata with blocks of {smallest} or more are too many for {n} participants"
        hint = "stratify by fewer factors: blocks left unfinished unbalance the arms"
        yield draft.warning((*PATH, "strata"), message, hint, key=True)


def _gates(draft: Draft) -> Iterator[Problem]:
    calendar = Calendar(draft)
    for place, gate in enumerate(draft.protocol.allocation.gates):
        visits = [draft.visits[visit] for visit in draft.collected.get(gate, ())]
        path = (*PATH, "gates", place)
        if gate in draft.form_place and not visits:
            message = f"no visit fills {gate}, so nobody can ever be randomized"
            yield draft.error(path, message, "add it to a visit before the dose")
        elif visits and all(calendar.follows_dose(visit) or visit == calendar.first_dose for visit in visits):
            message = f"{gate} is filled only after the dose, so nobody can ever be randomized"
            yield draft.error(path, message, "add it to a visit before the dose")
