"""Whether every answer is one its item can have, and stands where its form is asked.

Holds checks of rows of `values`, one item at a time over all of its rows. Refuses to know other tables.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.errors import Problem, Severity
from equipoise.protocol import Resolved, ResolvedForm
from equipoise.protocol.schedule import Item
from equipoise.records.answers import allowed, as_numbers, outside, uneven
from equipoise.records.cells import is_date, is_instant, is_number, is_partial_date, is_time
from equipoise.records.dataset import Records, with_tables
from equipoise.records.scores import scores
from equipoise.records.tables import LOG

ANSWERS = ("number", "text", "code", "date")
VALUES = "values.csv"
ROUNDING = 1e-6
"""Differences between scores below this are rounding of whoever computed the other one."""
MOMENTS: dict[str, Callable[[str], bool]] = {
    "date": is_date,
    "partial_date": is_partial_date,
    "time": is_time,
    "instant": is_instant,
}


@dataclass(frozen=True)
class _Rows:
    """The rows of one item: positions in `values`, cells by column, and answers as numbers."""

    at: npt.NDArray[np.intp]
    cells: dict[str, npt.NDArray[Any]]
    numbers: npt.NDArray[np.float64]

    def problems(
        self,
        wrong: npt.NDArray[np.bool_],
        column: str,
        message: str,
        hint: str = "",
        *,
        severity: Severity = "error",
    ) -> Iterator[Problem]:
        """Yield one problem for each wrong row; {value} and {who} in the message are filled in."""
        for place in np.flatnonzero(wrong):
            value = self.cells[column][place]
            shown = f"{value:g}" if isinstance(value, float) else value
            who = f"{self.cells['participant'][place]} at {self.cells['visit'][place]}"
            text = message.format(value=shown, who=who)
            yield Problem(text, hint, column, VALUES, int(self.at[place]) + 2, severity=severity)


def check_values(records: Records, resolved: Resolved) -> Iterator[Problem]:
    """Yield everything wrong with the answers; rows of unknown forms are left to others."""
    values = records.values
    numbers = as_numbers(values)
    columns = {name: values[name].to_numpy() for name in values.columns}
    for form_id, item_id, at in _by_item(values):
        form = resolved.forms.get(form_id)
        if form is None:
            continue
        rows = _Rows(at, {name: cells[at] for name, cells in columns.items()}, numbers[at])
        yield from _place(form, rows, resolved)
        if item_id in form.scores:
            yield from _score(form, item_id, rows)
            continue
        item = next((item for item in form.all_items() if item.id == item_id), None)
        if item is None:
            message = f"`{item_id}` is neither an item nor a score of the form {form_id}"
            yield from rows.problems(np.ones(len(at), dtype=np.bool_), "item", message)
        else:
            yield from _item(form, item, rows)


def _by_item(values: pd.DataFrame) -> Iterator[tuple[str, str, npt.NDArray[np.intp]]]:
    if not len(values):
        return
    forms, form_ids = pd.factorize(values["form"])
    items, item_ids = pd.factorize(values["item"])
    codes = forms * len(item_ids) + items
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    for at in np.split(order, starts[1:]):
        yield str(form_ids[forms[at[0]]]), str(item_ids[items[at[0]]]), at


def _place(form: ResolvedForm, rows: _Rows, resolved: Resolved) -> Iterator[Problem]:
    """Yield rows that stand at a visit where the form does not belong."""
    visits = rows.cells["visit"]
    logged = visits == LOG
    message = (
        f"the form {form.id} is tied to no visit" if form.log else f"the form {form.id} belongs to a visit"
    )
    hint = f"write `{LOG}` for the visit" if form.log else "give the visit"
    yield from rows.problems(~logged if form.log else logged, "visit", message, hint)
    protocol = resolved.protocol
    planned = [visit.id for visit in protocol.visits if form.id in protocol.forms_at(visit.id)]
    known = [visit.id for visit in resolved.protocol.visits]
    elsewhere = ~logged & ~np.isin(visits, planned) & np.isin(visits, known)
    if not form.log:
        message = f"the protocol does not plan the form {form.id} at {{value}}"
        yield from rows.problems(elsewhere, "visit", message, severity="warning")


def _score(form: ResolvedForm, score: str, rows: _Rows) -> Iterator[Problem]:
    if form.instrument is None:
        return
    low, high = form.instrument.score_named(score).range
    numbers = rows.cells["number"]
    wrong = (numbers < low) | (numbers > high)
    yield from rows.problems(wrong, "number", f"{{value}} is outside {form.id}.{score}, {low:g} to {high:g}")
    yield from _elsewhere(rows, {"number"}, f"the score {score}")


def _item(form: ResolvedForm, item: Item, rows: _Rows) -> Iterator[Problem]:
    of_scale = form.instrument is not None and item.id in form.instrument.item_ids
    columns: set[str] = {item.type} if item.type in ANSWERS else {"date"}
    if of_scale and item.type == "code":
        columns |= {"number"}
        yield from _coded_twice(rows)
    yield from _elsewhere(rows, columns, f"the {item.type.replace('_', ' ')} item {item.id}")
    if item.type == "code":
        yield from _codes(form, item, rows)
    elif item.type == "number":
        severity: Severity = "error" if of_scale else "warning"
        where = f"of {form.id}.{item.id} ({{who}})"
        hint = f"expected {allowed(item)}"
        wrong = outside(item, rows.numbers)
        yield from rows.problems(
            wrong, "number", f"{{value}} is outside the range {where}", hint, severity=severity
        )
        wrong = uneven(item, rows.numbers) & ~wrong
        yield from rows.problems(
            wrong, "number", f"{{value}} has too many digits {where}", hint, severity=severity
        )
    elif item.type in MOMENTS:
        fits = MOMENTS[item.type]
        wrong = np.array([cell is not None and not fits(cell) for cell in rows.cells["date"]], dtype=np.bool_)
        yield from rows.problems(wrong, "date", f"`{{value}}` is no {item.type.replace('_', ' ')} ({{who}})")


def _codes(form: ResolvedForm, item: Item, rows: _Rows) -> Iterator[Problem]:
    known = list(item.codes or {})
    codes = rows.cells["code"]
    given = pd.notna(codes)
    wrong = given & np.array([code not in known for code in codes], dtype=np.bool_)
    hint = f"one of {', '.join(known)}"
    yield from rows.problems(
        wrong, "code", f"`{{value}}` is not a code of {form.id}.{item.id} ({{who}})", hint
    )
    wrong = ~given & outside(item, rows.cells["number"])
    yield from rows.problems(
        wrong, "number", f"{{value}} is not a code of {form.id}.{item.id} ({{who}})", hint
    )


def _coded_twice(rows: _Rows) -> Iterator[Problem]:
    """Yield rows whose code and number are not the same."""
    codes = [float(code) if code is not None and is_number(code) else np.nan for code in rows.cells["code"]]
    numbers = rows.cells["number"]
    both = ~np.isnan(codes) & ~np.isnan(numbers)
    yield from rows.problems(both & (numbers != codes), "number", "{value} is not the row's code ({who})")


def _elsewhere(rows: _Rows, columns: set[str], what: str) -> Iterator[Problem]:
    """Yield answers in a column that is not the item's, and rows that say nothing at all."""
    for column in ANSWERS:
        if column not in columns:
            wrong = pd.notna(rows.cells[column])
            message = f"the answer to {what} stands under `{column}` ({{who}})"
            yield from rows.problems(wrong, column, message, f"write it under `{min(columns)}`")
    said = np.logical_or.reduce([pd.notna(rows.cells[column]) for column in (*ANSWERS, "missing_reason")])
    yield from rows.problems(~said, "item", "neither an answer nor a reason ({who})", severity="warning")


def check_totals(records: Records, resolved: Resolved) -> Iterator[Problem]:
    """Yield every score that was recorded and is not the one its answers give.

    Raises    RecordError when answers cannot be scored
    """
    values = records.values
    pairs = list(zip(values["form"], values["item"], strict=True))
    stated = np.array(
        [form in resolved.forms and item in resolved.forms[form].scores for form, item in pairs],
        dtype=np.bool_,
    )
    if not stated.any() or stated.all():
        return
    rest = with_tables(records, values=values[~stated].reset_index(drop=True))
    found = scores(rest, resolved)
    key = ["participant", "visit", "repeat", "form", "score"]
    computed = dict(zip(found[key].itertuples(index=False, name=None), found["value"], strict=True))
    key[-1] = "item"
    rows = values[stated]
    for place, one, number in zip(
        np.flatnonzero(stated), rows[key].itertuples(index=False, name=None), rows["number"], strict=True
    ):
        if abs(computed.get(one, number) - number) > ROUNDING:
            participant, visit, _, form, score = one
            where = f"{form}.{score} of {participant} at {visit}"
            message = f"{where} is {number:g}, its answers give {computed[one]:g}"
            yield Problem(
                message, "find out which is wrong", "number", VALUES, int(place) + 2, severity="warning"
            )
