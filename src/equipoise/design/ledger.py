"""The tables beside the answers: participants, visits, doses, sessions, adverse events, deviations.

Holds one function a table, from a simulated trial. Refuses to draw anything that an analysis compares: only
deviations are drawn here. How people went through the trial is `disposition`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise import records
from equipoise.design import happening
from equipoise.design.dates import MINUTES_PER_DAY, iso_dates, iso_instants
from equipoise.design.disposition import statuses
from equipoise.design.trial import Trial, event_dates, kit_given, ordinal, session_hours

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Texts = NDArray[np.object_]
Columns = dict[str, Any]

LATE_VISIT, WRONG_KIT = "visit_out_of_window", "wrong_kit"
IMPORTANCE = {LATE_VISIT: "minor", WRONG_KIT: "important"}
MINUTES_PER_HOUR = 60
SPREAD_DAYS = 28
"""Deviations that nothing dates happen within this many days after the first dose (assumption)."""


def participants(trial: Trial) -> pd.DataFrame:
    """Return everybody screened."""
    roster, dates, truth = trial.roster, trial.dates, trial.truth
    sites = np.array(truth.assignment.sites, dtype=object)
    consent = _scattered(
        roster.ids.size, np.int64(0), (roster.randomized, dates.visit[:, 0]), (roster.failed, roster.dates)
    )
    site = _scattered(
        roster.ids.size,
        0,
        (roster.randomized, trial.batch.site[0]),
        (roster.failed, trial.batch.site[0, roster.before]),
    )
    randomized = np.full(roster.ids.size, None, dtype=object)
    randomized[roster.randomized] = iso_dates(dates.visit[:, truth.timeline.randomized])
    status = np.full(roster.ids.size, "screen_failure", dtype=object)
    status[roster.randomized] = statuses(trial)
    return records.table(
        "participants",
        {
            "participant": roster.ids,
            "site": sites[site],
            "consent_date": iso_dates(consent),
            "randomized_date": randomized,
            "status": status,
        },
    )


def visits(trial: Trial) -> pd.DataFrame:
    """Return the visits that were held, by participant in order of time; those of screening failures too."""
    places = trial.truth.timeline.places
    rows, at = np.nonzero(trial.batch.held[0])
    anchored = np.array([place.visit.anchor is not None for place in places])
    names = np.array([place.visit.id for place in places], dtype=object)
    repeats = np.array([place.repeat for place in places])
    roster, size = trial.roster, trial.roster.failed.size
    people = np.concatenate([roster.randomized[rows], roster.failed])
    order = np.argsort(people, kind="stable")
    day = np.where(anchored[at], trial.dates.day[rows, at], np.nan)
    dates = np.concatenate([trial.dates.visit[rows, at], roster.dates])
    return records.table(
        "visits",
        {
            "participant": roster.ids[people[order]],
            "visit": np.concatenate([names[at], np.full(size, names[0], dtype=object)])[order],
            "repeat": np.concatenate([repeats[at], np.ones(size, dtype=np.int64)])[order],
            "date": iso_dates(dates[order]),
            "day": np.concatenate([day, np.full(size, np.nan)])[order],
        },
    )


def exposures(trial: Trial) -> pd.DataFrame:
    """Return the doses taken. What a kit contained stands in the allocation, and the amount would tell it."""
    taken = [(place, dosed) for place, dosed in trial.doses.items() if dosed.rows.size]
    rows = _joined([dosed.rows for _, dosed in taken])
    minutes = _joined([dosed.minutes for _, dosed in taken])
    kits = _joined([kit_given(trial, place) for place, _ in taken], dtype=object)
    order = np.lexsort((minutes, rows))
    return records.table(
        "exposures",
        {
            "participant": _ids(trial, rows[order]),
            "dose_number": ordinal(rows[order]),
            "taken_at": iso_instants(minutes[order]),
            "kit": kits[order],
        },
    )


def sessions(trial: Trial) -> pd.DataFrame:
    """Return every session that was due, held or not, by participant in order of time."""
    batch, places = trial.batch, trial.truth.timeline.places
    due = (batch.left[0][:, None] > np.arange(len(places))) & _planned(trial)
    rows, at = np.nonzero(due)
    hours = np.stack([session_hours(trial, place) for place in range(len(places))], axis=1)
    held = batch.held[0, rows, at]
    dates = iso_dates(trial.dates.visit[rows, at])
    dates[~held] = None
    return records.table(
        "sessions",
        {
            "participant": _ids(trial, rows),
            "session": _objects([place.visit.session for place in places])[at],
            "visit": _objects([place.visit.id for place in places])[at],
            "date": dates,
            "attended": held.astype(np.float64),
            "duration_hours": np.where(held, hours[rows, at], np.nan),
        },
    )


def _planned(trial: Trial) -> Flags:
    """Return (n, places) who is to have a session at which visit; an open-label one if it takes place."""
    batch, places = trial.batch, trial.truth.timeline.places
    columns = [
        (batch.held[0, :, at] if place.open else np.isin(batch.arm[0], place.arms))
        & (place.visit.session is not None)
        for at, place in enumerate(places)
    ]
    return np.stack(columns, axis=1)


def adverse_events(trial: Trial) -> pd.DataFrame:
    """Return adverse events and effects, numbered within a participant in order of onset."""
    episodes = trial.episodes
    special = {term.casefold(): one.id for one in trial.truth.resolved.protocol.aesi for term in one.terms}
    rows, onset, minutes = (
        _joined([getattr(one, name) for one in episodes]) for name in ("rows", "onset", "minutes")
    )
    which = np.repeat(np.arange(len(episodes)), [one.rows.size for one in episodes])
    terms = [one.event.term for one in episodes]
    order = np.lexsort((onset, rows))
    sorted_rows, begun = rows[order], onset[order]
    return records.table(
        "adverse_events",
        {
            "participant": _ids(trial, sorted_rows),
            "row": ordinal(sorted_rows),
            "onset_at": iso_instants(begun),
            "resolved_at": iso_instants(begun + minutes[order]),
            "onset_day": begun // MINUTES_PER_DAY - trial.dates.origin[sorted_rows],
            "duration_hours": minutes[order] / MINUTES_PER_HOUR,
            "severity": _joined([one.severity for one in episodes], dtype=object)[order],
            "serious": _joined([one.serious for one in episodes])[order],
            "related": _joined([one.related for one in episodes])[order],
            "outcome": "resolved",
            "term": _objects(terms)[which][order],
            "valence": _objects([one.event.valence for one in episodes])[which][order],
            "aesi": _objects([special.get(term.casefold()) for term in terms])[which][order],
        }
        if rows.size
        else {},
    )


def medications(trial: Trial) -> pd.DataFrame:
    """Return the medication that intercurrent events consist of."""
    found: list[tuple[int, dict[str, Any]]] = []
    protocol = trial.truth.resolved.protocol
    for event in protocol.intercurrent_events:
        form = event.detect.form
        if (
            event.id in trial.batch.events
            and form is not None
            and protocol.form(form).standard == "medications"
        ):
            rows, days = event_dates(trial, event.id)
            texts = iso_dates(days).tolist()
            made = [happening.row_for(trial.truth.resolved, event.detect, date=text) for text in texts]
            found += [(int(row), one) for row, one in zip(rows, made, strict=True) if one is not None]
    found.sort(key=lambda pair: (pair[0], pair[1]["start_date"]))
    rows = np.array([row for row, _ in found], dtype=np.int64)
    columns: Columns = {
        name: [one.get(name) for _, one in found]
        for name in ("name", "medication_class", "start_date", "indication")
    }
    return records.table(
        "medications", {"participant": _ids(trial, rows), "row": ordinal(rows), **columns} if found else {}
    )


def intercurrent_events(trial: Trial) -> pd.DataFrame:
    """Return the intercurrent events that happened."""
    parts = [(name, *event_dates(trial, name)) for name in trial.batch.events]
    rows = _joined([rows for _, rows, _ in parts])
    dates = _joined([days for _, _, days in parts])
    names = _joined([np.full(rows.size, name, dtype=object) for name, rows, _ in parts], dtype=object)
    order = np.lexsort((dates, rows))
    rows, dates = rows[order], dates[order]
    return records.table(
        "intercurrent_events",
        {
            "participant": _ids(trial, rows),
            "event": names[order],
            "date": iso_dates(dates),
            "day": dates - trial.dates.origin[rows],
        },
    )


def deviations(trial: Trial) -> pd.DataFrame:
    """Return visits outside their windows, wrong kits, and what the scenario adds."""
    truth, batch = trial.truth, trial.batch
    known = {one.id: one for one in truth.resolved.protocol.deviations}
    rows, at = np.nonzero(trial.dates.late & batch.held[0])
    found = [
        (int(row), LATE_VISIT, int(trial.dates.visit[row, place]), truth.timeline.places[place].visit.name)
        for row, place in zip(rows, at, strict=True)
    ]
    dosed = batch.held[0, :, truth.timeline.doses[0]] if truth.timeline.doses else np.True_
    wrong = np.flatnonzero((batch.received[0] != batch.arm[0]) & dosed)
    found += [(int(row), WRONG_KIT, int(trial.dates.origin[row]), "") for row in wrong]
    for name, chance in truth.scenario.deviations.items():
        uniform = batch.streams.table(f"deviation/{name}", truth.participants, columns=2)
        for row in np.flatnonzero(uniform[:, 0] < chance):
            day = int(uniform[row, 1] * SPREAD_DAYS)
            found.append((int(row), name, int(trial.dates.origin[row]) + day, ""))
    found.sort(key=lambda one: (one[0], one[2], one[1]))
    if not found:
        return records.table("deviations")
    return records.table(
        "deviations",
        {
            "participant": _ids(trial, np.array([row for row, *_ in found])),
            "deviation": [name for _, name, _, _ in found],
            "date": iso_dates(np.array([date for _, _, date, _ in found])),
            "importance": [
                known[name].importance if name in known else IMPORTANCE.get(name, "minor")
                for _, name, _, _ in found
            ],
            "text": [text or (known[name].text if name in known else name) for _, name, _, text in found],
        },
    )


def _ids(trial: Trial, rows: Whole) -> Texts:
    found: Texts = trial.roster.ids[trial.roster.randomized[rows]]
    return found


def _scattered(size: int, empty: Any, *parts: tuple[Whole, Whole]) -> Whole:
    """Return an array with values put at positions."""
    found = np.full(size, empty, dtype=np.int64)
    for places, values in parts:
        found[places] = values
    return found


def _objects(values: Sequence[object]) -> Texts:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _joined(parts: Sequence[NDArray[Any]], *, dtype: Any = np.int64) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
