"""What must agree inside one scale: ids, ranges, bands, rules and the marks of what is unverified.

Holds checks that need two parts of a scale, each returning every finding. Refuses to check types and unknown
keys, which the model does, and to know where in a file a finding stands: a finding carries a path.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from equipoise.instruments import scoring
from equipoise.instruments.definition import ROUNDING, Item, Part, Score
from equipoise.instruments.instrument import Instrument

Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """What is wrong, where in the scale, and what to do."""

    path: Path
    message: str
    hint: str = ""


def findings(instrument: Instrument) -> list[Finding]:
    """Return everything in `instrument` that does not fit together, in no promised order."""
    checks: tuple[Callable[[Instrument], Iterable[Finding]], ...] = (
        _ids,
        _items,
        _either,
        _score_items,
        _score_methods,
        _score_ranges,
        _bands,
        _score_rules,
        _alerts,
        _hiding,
        _unverified,
    )
    return [finding for check in checks for finding in check(instrument)]


def _ids(instrument: Instrument) -> Iterator[Finding]:
    named = [(("items", i, "id"), item.id) for i, item in enumerate(instrument.items)]
    named += [(("scores", i, "id"), score.id) for i, score in enumerate(instrument.scores)]
    yield from _repeats(named, "items and scores of a scale share one list of names; rename one of them")
    alerts = [(("alerts", i, "id"), alert.id) for i, alert in enumerate(instrument.alerts)]
    yield from _repeats(alerts, "rename one")
    for i, score in enumerate(instrument.scores):
        domains = [(("scores", i, "domains", j, "id"), domain.id) for j, domain in enumerate(score.domains)]
        yield from _repeats(domains, "rename one")


def _repeats(named: Sequence[tuple[Path, str]], hint: str) -> Iterator[Finding]:
    counts = Counter(name for _, name in named)
    for path, name in named:
        if counts[name] > 1:
            yield Finding(path, f"the id `{name}` is used {counts[name]} times", hint)


def _items(instrument: Instrument) -> Iterator[Finding]:
    before: set[str] = set()
    for i, item in enumerate(instrument.items):
        yield from _item(item, ("items", i))
        for name in item.asked_if.items if item.asked_if else ():
            if name not in before:
                yield Finding(
                    ("items", i, "asked_if"),
                    f"`{name}` does not stand before `{item.id}`",
                    "an item can only depend on items before it",
                )
        before.add(item.id)


def _item(item: Item, path: Path) -> Iterator[Finding]:
    bounded = item.low is not None and item.high is not None
    if item.type == "code" and len(item.codes) <= 1:
        yield Finding(path, f"`{item.id}` needs at least two codes", "add `codes`, or set `type`")
    if item.type != "code" and item.codes:
        yield Finding(
            (*path, "codes"), f"`{item.id}` is a {item.type} item and has codes", "remove one of the two"
        )
    if item.type == "number" and not bounded:
        yield Finding(path, f"`{item.id}` is a number without a range", "add `low` and `high`")
    if item.low is not None and item.high is not None and item.low >= item.high:
        yield Finding((*path, "low"), f"`{item.id}` runs from {item.low:g} to {item.high:g}", "swap them")
    if item.type != "number" and (item.low is not None or item.high is not None):
        yield Finding((*path, "low"), f"`{item.id}` is not a number item and has a range", "remove the range")
    if item.type == "text" and item.reverse:
        yield Finding((*path, "reverse"), f"`{item.id}` is text and cannot be reversed", "remove `reverse`")
    for code in item.arms:
        if code not in item.codes:
            yield Finding((*path, "arms"), f"`{item.id}` has no code {code}", "name a code of this item")


def _either(instrument: Instrument) -> Iterator[Finding]:
    used = Counter(name for group in instrument.either for name in group)
    for i, group in enumerate(instrument.either):
        if len(group) <= 1:
            yield Finding(("either", i), "a group needs at least two items", "remove it or add an item")
        for name in group:
            if name not in instrument.item_ids:
                yield Finding(("either", i), f"there is no item `{name}`", "name an item of this scale")
            elif used[name] > 1:
                yield Finding(("either", i), f"`{name}` stands in two groups", "keep it in one")


def _score_items(instrument: Instrument) -> Iterator[Finding]:
    scorable = {item.id for item in instrument.items if item.type != "text"}
    earlier = set(scorable)
    for i, score in enumerate(instrument.scores):
        members = [name for names in scoring.term_members(score) for name in names]
        for name in members:
            if name not in scorable:
                what = "is text and has no number" if name in instrument.item_ids else "is not an item"
                yield Finding(
                    ("scores", i), f"`{name}` {what}", "score only items of this scale that have numbers"
                )
            elif members.count(name) > 1:
                yield Finding(("scores", i), f"`{name}` is counted twice in `{score.id}`", "name it once")
        for names in scoring.term_members(score):
            for group in instrument.either:
                if 0 < len(set(group).intersection(names)) < len(group):
                    yield Finding(
                        ("scores", i),
                        f"`{score.id}` takes a part of the group {', '.join(group)}",
                        "items of which one answer is enough belong in one domain",
                    )
        for j, rule in enumerate(score.rules):
            if rule.of not in earlier:
                yield Finding(
                    ("scores", i, "rules", j),
                    f"`{rule.of}` is neither an item nor a score before `{score.id}`",
                    "move it up or correct the name",
                )
        earlier.add(score.id)


def _score_methods(instrument: Instrument) -> Iterator[Finding]:
    for i, score in enumerate(instrument.scores):
        terms = len(scoring.term_members(score))
        path = ("scores", i)
        if score.is_flag and (terms or not score.rules):
            yield Finding(path, f"the method {score.method} works on `rules` only", "give rules, no items")
        if not score.is_flag and (score.rules or not terms):
            yield Finding(path, f"the method {score.method} works on items only", "give items, no rules")
        if score.at_least is not None and score.method not in {"count", "highest"}:
            yield Finding(
                (*path, "at_least"), f"the method {score.method} has no threshold", "remove `at_least`"
            )
        if score.answered_at_least is None:
            continue
        if score.method not in {"sum", "mean", "percent"}:
            yield Finding((*path, "answered_at_least"), f"a {score.method} cannot be filled up", "remove it")
        elif not 1 <= score.answered_at_least <= terms:
            yield Finding(
                (*path, "answered_at_least"),
                f"{score.answered_at_least} answers of {terms} terms are impossible",
                f"give 1 to {terms}",
            )


def _score_ranges(instrument: Instrument) -> Iterator[Finding]:
    ranges = {item.id: item.range for item in instrument.items if _has_range(item)}
    for i, score in enumerate(instrument.scores):
        terms = scoring.terms_of(score, instrument.either)
        named = {name for term in terms for slot in term for name in slot}
        if not named <= ranges.keys() or not (named or score.is_flag):
            continue
        low, high = _range(score, [scoring.term_range(term, ranges) for term in terms])
        if abs(score.low - low) > ROUNDING or abs(score.high - high) > ROUNDING:
            yield Finding(
                ("scores", i, "range"),
                f"the items of `{score.id}` give {low:g} to {high:g}, not {score.low:g} to {score.high:g}",
                "correct the range, the items or their codes",
            )


def _has_range(item: Item) -> bool:
    return bool(item.codes) if item.type == "code" else item.low is not None and item.high is not None


def _range(score: Score, spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the range that follows from the ranges of the terms."""
    if score.is_flag:
        return 0.0, 1.0
    count = len(spans)
    low, high = sum(span[0] for span in spans), sum(span[1] for span in spans)
    return {
        "sum": (low, high),
        "mean": (low / count, high / count),
        "percent": (0.0, 100.0),
        "count": (0.0, float(count)),
        "highest": (0.0, float(count)),
    }[score.method]


def _bands(instrument: Instrument) -> Iterator[Finding]:
    for i, score in enumerate(instrument.scores):
        if not score.bands:
            continue
        path = ("scores", i, "bands")
        if score.decimals:
            yield Finding(path, f"`{score.id}` is not a whole number; bands would leave gaps", "use `cuts`")
        if (score.bands[0].low, score.bands[-1].high) != score.range:
            yield Finding(
                path, f"the bands of `{score.id}` do not cover its range", "start and end with the range"
            )
        for j, band in enumerate(score.bands):
            if band.low > band.high:
                yield Finding((*path, j), f"the band {band.label} ends before it starts", "swap the two")
        for j, (band, following) in enumerate(pairwise(score.bands), start=1):
            if following.low != band.high + 1:
                yield Finding(
                    (*path, j),
                    f"{band.label} ends at {band.high:g} and {following.label} starts at {following.low:g}",
                    f"start it at {band.high + 1:g}",
                )


def _score_rules(instrument: Instrument) -> Iterator[Finding]:
    for i, score in enumerate(instrument.scores):
        path = ("scores", i)
        if (score.response or score.remission) and score.higher_is == "better":
            yield Finding(
                path, f"`{score.id}` is better when higher; response and remission are drops", "remove them"
            )
        limits = [(("cuts", j), limit) for j, cut in enumerate(score.cuts) for limit in (cut.low, cut.high)]
        if score.remission is not None:
            given = [x for x in (score.remission.at_most, score.remission.below) if x is not None]
            limits += [(("remission", 0), limit) for limit in given]
            if len(given) != 1:
                yield Finding(
                    (*path, "remission"), "give exactly one of `at_most` and `below`", "remove or add one"
                )
        for inner, limit in limits:
            if not score.low <= limit <= score.high:
                yield Finding(
                    (*path, *inner), f"{limit:g} is outside the range of `{score.id}`", "correct it"
                )


def _alerts(instrument: Instrument) -> Iterator[Finding]:
    names = {*instrument.item_ids, *instrument.score_ids}
    for i, alert in enumerate(instrument.alerts):
        if alert.of not in names:
            yield Finding(
                ("alerts", i, "of"), f"`{alert.of}` is neither an item nor a score", "correct the name"
            )


def _hiding(instrument: Instrument) -> Iterator[Finding]:
    if bool(instrument.hidden_from) != (instrument.until is not None):
        yield Finding(("until",), "`hidden_from` and `until` come together", "give both or none")
    if instrument.filled_by in instrument.hidden_from:
        yield Finding(
            ("hidden_from",), f"{instrument.filled_by} fills this form and cannot be kept from it", "remove"
        )


def _unverified(instrument: Instrument) -> Iterator[Finding]:
    for i, mark in enumerate(instrument.unverified):
        path, colon, statement = mark.partition(": ")
        if not colon or not statement.strip():
            yield Finding(
                ("unverified", i), "write the field, a colon, and what is not verified", "licence: ..."
            )
        elif not _exists(instrument, path.split(".")):
            yield Finding(("unverified", i), f"there is no field `{path}`", "write it like scores.total.mid")


def _exists(part: object, steps: Sequence[str]) -> bool:
    for step in steps:
        if isinstance(part, tuple):
            part = next((member for member in part if getattr(member, "id", None) == step), None)
            if part is None:
                return False
        elif isinstance(part, Part) and step in type(part).model_fields:
            part = getattr(part, step)
        else:
            return False
    return True
