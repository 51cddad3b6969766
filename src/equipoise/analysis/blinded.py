"""What remains of records for somebody who may not know the arms.

Holds the removal of everything hidden from the statistician and of everything whose existence depends on the
arm, before any table is made. Refuses to judge what the remaining numbers suggest: pooled means over time are
shown, single participants never.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from equipoise import expressions
from equipoise.analysis.windows import ISO_DATE_LENGTH
from equipoise.protocol import Resolved
from equipoise.protocol.comparison import unblinding_visit
from equipoise.protocol.schedule import Visit
from equipoise.records import Records, with_tables

ROLE = "statistician"
LOG_TABLES = frozenset({"adverse_events", "medications", "deviations"})
"""Standard log forms that records keep in tables of the same name."""


def visible(records: Records, resolved: Resolved) -> Records:
    """Return the records without what is hidden from a masked statistician.

    Left out: answers to hidden forms and items; hidden visits and those of some arms only; whatever non-scale
    forms of a dosing day say; kits and amounts; doses beyond those every arm gets; open-label dispositions;
    adverse events after planned unblinding; events and deviations that are found through any of these.
    """
    visits, forms = hidden_visits(resolved), hidden_forms(resolved)
    frames = {
        "visits": _without(records.visits, visit=visits),
        "values": _values(records.values, resolved, visits=visits, forms=forms),
        "sessions": _without(records.sessions, visit=visits),
        "adverse_events": _adverse_events(records, resolved),
        "exposures": _exposures(records.exposures, resolved),
        "dispositions": _without(records.dispositions, stage={"open_label"}),
        "intercurrent_events": _without(
            records.intercurrent_events, event=_hidden_events(resolved, visits=visits, forms=forms)
        ),
        "deviations": _without(records.deviations, deviation=_hidden_deviations(resolved, forms=forms)),
    }
    for form in forms:
        standard = resolved.protocol.form(form).standard
        if standard in LOG_TABLES:
            frames[standard] = records.table(standard).iloc[:0]
    kept = with_tables(records, **frames)
    return replace(kept, manifest=replace(kept.manifest, chain_head=None))


def hidden_visits(resolved: Resolved) -> frozenset[str]:
    """Return the visits hidden from the statistician, of some arms only, or counted from such a visit."""
    protocol = resolved.protocol
    hidden = {visit.id for visit in protocol.visits if ROLE in visit.hidden_from or visit.arms is not None}
    anchors = {name for name, anchor in protocol.anchors.items() if anchor.visit in hidden}
    return frozenset(hidden | {visit.id for visit in protocol.visits if visit.anchor in anchors})


def hidden_forms(resolved: Resolved) -> frozenset[str]:
    """Return the forms hidden from the statistician."""
    return frozenset(form.id for form in resolved.forms.values() if ROLE in form.hidden_from)


def public_protocol(resolved: Resolved, *, blinded: bool) -> dict[str, Any]:
    """Return the protocol as JSON data; in a blinded folder without what sites must never see."""
    data: dict[str, Any] = resolved.protocol.model_dump(mode="json", by_alias=True)
    return _unconcealed(data) if blinded else data


def _unconcealed(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("concealed") is True:
            return {**value, "value": None}
        return {key: _unconcealed(inner) for key, inner in value.items()}
    return [_unconcealed(inner) for inner in value] if isinstance(value, list) else value


def _without(frame: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Return the rows whose columns hold none of the unwanted values."""
    for column, values in wanted.items():
        frame = frame[~frame[column].isin(set(values))]
    return frame


def _values(
    values: pd.DataFrame, resolved: Resolved, *, visits: frozenset[str], forms: frozenset[str]
) -> pd.DataFrame:
    kept = _without(values, visit=visits, form=forms)
    items = {
        (form.id, item.id)
        for form in resolved.forms.values()
        for item in form.all_items()
        if ROLE in item.hidden_from
    }
    dosing = {visit.id for visit in resolved.protocol.visits if _is_dosing(resolved, visit)}
    plain = {form.id for form in resolved.forms.values() if form.instrument is None}
    secret = pd.Series(
        [
            (form, item) in items or (visit in dosing and form in plain)
            for form, item, visit in zip(kept["form"], kept["item"], kept["visit"], strict=True)
        ],
        index=kept.index,
        dtype=bool,
    )
    return kept[~secret]


def _is_dosing(resolved: Resolved, visit: Visit) -> bool:
    return any(one.id == visit.session and one.kind == "dosing" for one in resolved.protocol.sessions)


def _exposures(exposures: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    """Keep the doses every arm gets, without kit and amount."""
    protocol = resolved.protocol
    doses = min(sum(len(arm.doses(epoch)) for epoch in protocol.epochs) for arm in protocol.arms)
    kept = exposures[exposures["dose_number"] <= doses].copy()
    kept["kit"] = None
    kept["amount_mg_taken"] = float("nan")
    return kept


def _adverse_events(records: Records, resolved: Resolved) -> pd.DataFrame:
    """Keep events that began up to the day of planned unblinding, held or due."""
    events, told = records.adverse_events, unblinding_visit(resolved.protocol)
    if told is None or told.day is None:
        return events
    held = records.visits[(records.visits["visit"] == told.id) & records.visits["date"].notna()]
    days = dict(zip(held["participant"], held["date"], strict=True))
    early = [
        _began_by(days.get(who), onset_at, onset_day=onset_day, due=told.day)
        for who, onset_at, onset_day in zip(
            events["participant"], events["onset_at"], events["onset_day"], strict=True
        )
    ]
    return events[pd.Series(early, index=events.index, dtype=bool)]


def _began_by(held: str | None, onset_at: str | None, *, onset_day: float, due: int) -> bool:
    if held is not None and onset_at is not None:
        return onset_at[:ISO_DATE_LENGTH] <= held
    # Without a day nothing says that an event came later; not-a-number compares as false.
    return not onset_day > due


def _hidden_events(resolved: Resolved, *, visits: frozenset[str], forms: frozenset[str]) -> Iterator[str]:
    for event in resolved.protocol.intercurrent_events:
        reads = _forms_read(event.detect.when) | {event.detect.form}
        if event.detect.visit in visits or reads & forms:
            yield event.id


def _hidden_deviations(resolved: Resolved, *, forms: frozenset[str]) -> Iterator[str]:
    for deviation in resolved.protocol.deviations:
        if _forms_read(deviation.rule) & forms:
            yield deviation.id


def _forms_read(rule: str | None) -> set[str | None]:
    return {name.form for name in expressions.parse(rule).names} if rule else set()
