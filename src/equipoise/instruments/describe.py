"""Scales in words, for the generated reference.

Holds the Markdown of one scale and of all. Refuses to hold facts: everything printed stands in a scale file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from equipoise.instruments import library
from equipoise.instruments.definition import Cut, Item, Mid, Remission, Response, Score
from equipoise.instruments.instrument import Instrument

UNVERIFIED = "**UNVERIFIED**"
LICENCES: Mapping[str, str] = {
    "PD": "public domain",
    "F": "free",
    "P": "permission or registration needed",
    "$": "licence fee",
}
METHODS: Mapping[str, str] = {
    "sum": "sum",
    "mean": "mean",
    "percent": "percent of the range",
    "count": "count",
    "highest": "highest place",
    "all": "yes when all hold",
    "any": "yes when any holds",
}
OPENING = """# Scales

Generated from the scale files of Equipoise; do not edit. Items carry short labels in our own words. The
published wording comes from a wording file beside the protocol, under the study's own licence. "UNVERIFIED"
marks what nobody here has seen in a source: check it before relying on it.
"""


def all_markdown() -> str:
    """Return the reference page of all scales, in the order of their ids."""
    scales = [library.load(name) for name in library.names()]
    rows = [
        [
            f"[{scale.label}](#{scale.id})",
            f"`{scale.id}`",
            scale.measures,
            str(len(scale.items)),
            _kind(scale),
        ]
        for scale in scales
    ]
    index = _table(["scale", "id", "measures", "items", "licence"], rows)
    return "\n".join([OPENING, index, "", *(markdown(scale) for scale in scales)])


def markdown(instrument: Instrument) -> str:
    """Return everything one scale file says, as Markdown with the scale's id as its heading."""
    blocks = [
        f"## {instrument.id}",
        f"**{instrument.title}** ({instrument.label}), {instrument.version}.",
        "\n".join(_facts(instrument)),
        f"### Items of {instrument.label}{_doubt(instrument, 'items')}",
        _table(["no.", "id", "label", "answers", "remarks"], [_item_row(item) for item in instrument.items]),
    ]
    if instrument.either:
        groups = "; ".join(" or ".join(f"`{name}`" for name in group) for group in instrument.either)
        blocks.append(f"One answer of each group is enough: {groups}.")
    if instrument.scores:
        blocks.append(f"### Scores of {instrument.label}{_doubt(instrument, 'scores')}")
        blocks += [_score_block(instrument, score) for score in instrument.scores]
    if instrument.alerts:
        blocks += ["### Alerts of " + instrument.label, "\n".join(_alerts(instrument))]
    if instrument.unverified:
        marks = [f"- {UNVERIFIED} `{mark.replace(': ', '`: ', 1)}" for mark in instrument.unverified]
        blocks += ["### Not verified for " + instrument.label, "\n".join(marks)]
    return "\n\n".join(blocks) + "\n"


def _kind(instrument: Instrument) -> str:
    return f"{instrument.licence_kind}: {LICENCES[instrument.licence_kind]}"


def _doubt(instrument: Instrument, field: str) -> str:
    return f" {UNVERIFIED}" if any(mark.startswith(f"{field}: ") for mark in instrument.unverified) else ""


def _facts(instrument: Instrument) -> Iterator[str]:
    yield f"- Measures: {instrument.measures}"
    yield f"- Filled by: {instrument.filled_by}"
    yield f"- Recall: {instrument.recall_text}{_doubt(instrument, 'recall_days')}"
    if instrument.hidden_from:
        yield f"- Hidden from: {', '.join(instrument.hidden_from)}, until {instrument.until}"
    yield f"- Licence: {_kind(instrument)}. {instrument.licence}{_doubt(instrument, 'licence')}"
    yield f"- Source: {instrument.source}"
    yield from (f"- Note: {note}" for note in instrument.notes)


def _item_row(item: Item) -> list[str]:
    remarks = [f"asked when `{item.asked_if.expression}`"] if item.asked_if else []
    remarks += ["reversed"] * item.reverse
    remarks += ["optional"] * (not item.required)
    remarks += [item.elsewhere] * bool(item.elsewhere)
    return [item.number, f"`{item.id}`", item.label, _answers(item), "; ".join(remarks)]


def _answers(item: Item) -> str:
    if item.type == "code":
        return "; ".join(f"{code} {label}" for code, label in item.codes.items())
    ends = f" ({item.low_label} to {item.high_label})" if item.low_label else ""
    return item.allowed + ends


def _score_block(instrument: Instrument, score: Score) -> str:
    def marked(field: str, line: str) -> str:
        return line + _doubt(instrument, ".".join(["scores", score.id, *field.split()]))

    primary = " (primary)" if score is instrument.primary else ""
    span = "1 or 0" if score.is_flag else f"{score.low:g} to {score.high:g} {score.unit}"
    method = f"{METHODS[score.method]}, {span}, higher is {score.higher_is}"
    head = f"**`{score.id}`** {score.label}{primary}: {method}."
    lines = [marked("", head), "", f"- From: {_made_of(score)}"]
    if not score.is_flag:
        lines.append(marked("answered_at_least", f"- Missing: {_missing(score)}"))
    if score.bands:
        bands = ", ".join(f"{band.low:g}-{band.high:g} {band.label}" for band in score.bands)
        lines.append(marked("bands", f"- Bands: {bands}{_cited(score.bands_source)}"))
    lines += [marked("cuts", _cut(cut)) for cut in score.cuts]
    if score.response:
        lines.append(marked("response", _response(score.response)))
    if score.remission:
        lines.append(marked("remission", _remission(score.remission)))
    if score.mid:
        lines.append(marked("mid", _mid(score.mid)))
    return "\n".join([*lines, f"- Note: {score.note}"] if score.note else lines)


def _made_of(score: Score) -> str:
    threshold = f" of at least {1 if score.at_least is None else score.at_least:g}"
    if score.is_flag:
        return "; ".join(f"`{rule.of}` at least {rule.at_least:g}" for rule in score.rules)
    terms = [f"`{item}`" for item in score.items]
    terms += [f"largest of {_list(domain.items)} ({domain.label})" for domain in score.domains]
    return ", ".join(terms) + (threshold if score.method in {"count", "highest"} else "")


def _list(items: Iterable[str]) -> str:
    return ", ".join(f"`{item}`" for item in items)


def _missing(score: Score) -> str:
    terms = len(score.items) + len(score.domains)
    if score.method == "highest":
        return "missing when an unanswered item could still raise it"
    if score.answered_at_least is None or score.answered_at_least == terms:
        return "missing unless answered" if terms == 1 else f"missing unless all {terms} parts are answered"
    return f"{score.answered_at_least} of {terms} parts are enough; the rest count as their mean"


def _cut(cut: Cut) -> str:
    span = f"{cut.low:g}" if cut.low == cut.high else f"{cut.low:g} to {cut.high:g}"
    return f"- Cut-off: {cut.label} at {span}{'' if cut.inclusive else ' (above it)'}{_cited(cut.source)}"


def _response(rule: Response) -> str:
    return f"- Response: a drop of at least {100 * rule.fraction:g}% from baseline{_cited(rule.source)}"


def _remission(rule: Remission) -> str:
    limit = f"below {rule.below:g}" if rule.below is not None else f"at most {rule.at_most:g}"
    note = f"; {rule.note}" if rule.note else ""
    return f"- Remission: {limit}{note}{_cited(rule.source)}"


def _mid(mid: Mid) -> str:
    span = f"{mid.low:g}" if mid.low == mid.high else f"{mid.low:g} to {mid.high:g}"
    note = f"; {mid.note}" if mid.note else ""
    return f"- Minimal important difference: {span} {mid.unit}{note}{_cited(mid.source)}"


def _cited(source: str) -> str:
    return f" [{source}]" if source else ""


def _alerts(instrument: Instrument) -> Iterator[str]:
    for alert in instrument.alerts:
        doubt = _doubt(instrument, f"alerts.{alert.id}.at_least")
        yield f"- `{alert.of}` at least {alert.at_least:g}: {alert.note}{doubt}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
