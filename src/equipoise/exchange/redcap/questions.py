"""A field of a dictionary as items of a form.

Holds what each field type and each validation becomes. Refuses to translate conditions (`logic`): bounds that
are rules leave here as REDCap's logic.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from equipoise.exchange.redcap import actions, wording
from equipoise.exchange.redcap.dictionary import COLUMNS, Field
from equipoise.exchange.redcap.terms import Kind
from equipoise.exchange.remark import Grade, Remark
from equipoise.protocol.schedule import Item, ItemType

ANSWERED_YES = {"1": "Yes", "0": "No"}
TRUE_OR_FALSE = {"1": "True", "0": "False"}
SLIDER = (0.0, 100.0)
"""Ends of a slider to which the dictionary gives none."""
CHOSEN = ("radio", "dropdown", "checkbox")
LONGEST_NAME = 64
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", re.ASCII)
_DIGITS = re.compile(r"number_([1-4])dp(_comma_decimal)?")
_MOMENT = re.compile(r"(date|datetime|datetime_seconds)_(ymd|mdy|dmy)")
_DATE_PARTS = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")
_RECORD_ID = re.compile(
    r"(^|_)(id|pin)$|^(record|study|subj|subject|patient|participant|pt|pat|case)_?(id|no|num)\w*"
)
_CONTACTS = frozenset(
    {"email", "phone", "phone_australia", "phone_uk", "mrn_10d", "mrn_generic", "ssn", "vmrn"}
)

NOT_ASKED: Mapping[str, tuple[str, str]] = {
    "calc": (
        "it is computed, and nothing is stored that can be computed",
        "name a rating scale with `instrument`, or compute it in the analysis",
    ),
    "file": ("no file is stored with an answer", "ask in a text item where the document is kept"),
    "descriptive": ("it asks nothing", "its text is in the `note` of the item after it"),
    "sql": ("its choices come from REDCap's own tables", "list them as `codes` of an item"),
}
"""Field types that become no item: why, and what to do."""


@dataclass(frozen=True)
class Bound:
    """An end of what is plausible that no `range` can say: REDCap's logic, and what it is called."""

    which: str
    logic: str
    message: str


@dataclass(frozen=True)
class Question:
    """What one field became.

    items     none where the field was left out
    boxes     for checkboxes: code to item id
    remarks   what was not carried over
    bounds    rules still to be translated
    """

    field: Field
    kind: Kind
    items: tuple[Item, ...]
    remarks: tuple[Remark, ...]
    boxes: Mapping[str, str] | None = None
    bounds: tuple[Bound, ...] = ()


class Names:
    """Gives ids that a protocol accepts, each once; REDCap's own wherever possible."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, wanted: str) -> str:
        """Return the name, or the nearest one that is free."""
        name = re.sub(r"[^A-Za-z0-9_]", "_", wanted) or "item"
        name = (name if name[0].isalpha() and name[0].isascii() else f"f_{name}")[:LONGEST_NAME]
        chosen, number = name, 1
        while chosen in self._taken:
            number += 1
            chosen = f"{name[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
        self._taken.add(chosen)
        return chosen


def ask(field: Field, *, is_first: bool, keep_identifiers: bool, names: Names) -> Question:
    """Return what a field becomes.

    is_first           whether it is the dictionary's first, which REDCap takes for the record's id
    keep_identifiers   True to carry over what is marked as telling who somebody is
    names              ids of the form it goes to
    """
    builder = _Builder(field, names)
    reason = _unasked(field, is_first=is_first, keep_identifiers=keep_identifiers)
    if reason is not None:
        builder.remark("field", *reason)
        return builder.question("unknown", ())
    return builder.build()


def _unasked(field: Field, *, is_first: bool, keep_identifiers: bool) -> tuple[str, str, str, str] | None:
    """Return (column, what it says, why, what to do) where a field is none that is asked."""
    found = None
    hidden = [one for one in wording.actions(field.annotation)[0] if one.name in actions.UNASKED]
    if field.type in NOT_ASKED:
        found = ("type", field.choices or field.label or field.type, *NOT_ASKED[field.type])
    elif field.type not in _TYPES:
        hint = f"the types are {', '.join(ALL_TYPES)}"
        found = ("type", field.type, "there is no such field type", hint)
    elif is_first and field.type == "text" and _RECORD_ID.search(field.name):
        found = ("name", field.name, "it names the record", "participants have numbers of their own here")
    elif field.is_identifier and not keep_identifiers:
        hint = (
            "contact data are taken with consent, in a store of their own; --keep-identifiers carries it over"
        )
        found = ("identifier", field.identifier, "it tells who somebody is", hint)
    elif hidden:
        found = ("annotation", f"@{hidden[0].name}", *actions.meaning(hidden[0])[1:])
    elif field.type in CHOSEN and not wording.choices(field.choices)[0]:
        found = ("choices", field.choices, "it has no choices", "list them as `codes` of an item")
    return found


class _Builder:
    """Builds one question and notes what is lost on the way."""

    def __init__(self, field: Field, names: Names) -> None:
        self.field, self.names = field, names
        self.remarks: list[Remark] = []
        self.bounds: list[Bound] = []

    def remark(self, grade: Grade, column: str, said: str, reason: str, hint: str = "") -> None:
        self.remarks.append(
            Remark(grade, self.field.row, self.field.name, COLUMNS[column][0], said, reason, hint)
        )

    def question(
        self, kind: Kind, items: tuple[Item, ...], boxes: Mapping[str, str] | None = None
    ) -> Question:
        return Question(self.field, kind, items, tuple(self.remarks), boxes, tuple(self.bounds))

    def build(self) -> Question:
        said: dict[str, Any] = {"label": self._label(), "required": self.field.is_required}
        hint = self._plain("note", self.field.note)
        if hint:
            said["hint"] = hint
        self._layout()
        self._annotated(said)
        return _TYPES[self.field.type](self, said)

    def _label(self) -> str:
        label = self._plain("label", self.field.label)
        if not label:
            self.remark(
                "changed", "label", "", "it has no text; its name stands in for it", "word the question"
            )
        return label or self.field.name

    def _plain(self, column: str, cell: str) -> str:
        for reason, hint in wording.unshown(cell):
            self.remark("part", column, cell, reason, hint)
        text = wording.shown(cell)
        if len(text) > wording.LONGEST:
            reason = f"only the first {wording.LONGEST:,} characters are kept"
            self.remark("part", column, text[wording.LONGEST :], reason, "shorten it")
        return text[: wording.LONGEST]

    def _layout(self) -> None:
        field = self.field
        if field.alignment:
            self.remark("layout", "alignment", field.alignment, "pages lay questions out by themselves")
        if field.number:
            self.remark(
                "layout", "number", field.number, "questions are numbered by nobody", "put it into the label"
            )
        if field.matrix:
            self.remark("layout", "matrix", field.matrix, "questions of a matrix stand one below the other")
        if field.ranking.lower() == "y":
            reason = "nothing keeps two questions from having one answer"
            self.remark("part", "ranking", field.ranking, reason, "write a check")
        if field.is_identifier:
            reason = "it tells who somebody is, and lies in the trial's store with the other answers"
            self.remark("changed", "identifier", field.identifier, reason, "think whether it is needed")

    def _annotated(self, said: dict[str, Any]) -> None:
        found, rest = wording.actions(self.field.annotation)
        for action in found:
            value = f"={action.value}" if action.value else ""
            grade, reason, hint = actions.meaning(action)
            self.remark(grade, "annotation", f"@{action.name}{value}", reason, hint)
        if rest:
            said["note"] = rest[: wording.LONGEST]

    def item(self, said: dict[str, Any], kind: ItemType, **more: Any) -> Item:
        return Item(id=self._name(self.field.name), type=kind, **said, **more)

    def _name(self, wanted: str) -> str:
        given = self.names.give(wanted)
        if given != wanted:
            self.remark("changed", "name", wanted, f"it is called `{given}`", "rename it where you read data")
        return given

    def text(self, said: dict[str, Any]) -> Question:
        if self.field.validation:
            return self._validated(said)
        self._unused_bounds("a text has no least or greatest value")
        return self.question("text", (self.item(said, "text"),))

    def notes(self, said: dict[str, Any]) -> Question:
        return self.question("text", (self.item(said, "text"),))

    def _validated(self, said: dict[str, Any]) -> Question:
        validation = self.field.validation
        digits = _DIGITS.fullmatch(validation)
        moment = _MOMENT.fullmatch(validation)
        if validation in ("integer", "number", "number_comma_decimal") or digits:
            return self._number(said, 0 if validation == "integer" else int(digits[1]) if digits else None)
        if moment:
            return self._moment(said, moment[1], moment[2])
        if validation in ("time", "time_hh_mm_ss"):
            self._bounded("time")
            return self.question("time", (self.item(said, "time"),))
        reason = f"answers are not held to the pattern `{validation}`"
        hint = (
            "contact data belong with consent, not in a form"
            if validation in _CONTACTS
            else "say it in `hint`"
        )
        self.remark("part", "validation", validation, reason, hint)
        self._unused_bounds("a text has no least or greatest value")
        return self.question("text", (self.item(said, "text"),))

    def _number(self, said: dict[str, Any], decimals: int | None) -> Question:
        if "comma" in self.field.validation:
            self.remark(
                "changed", "validation", self.field.validation, "numbers are typed with a decimal point"
            )
        more: dict[str, Any] = {} if decimals is None else {"decimals": decimals}
        ends = [_as_number(end) for end in (self.field.least, self.field.greatest)]
        if ends[0] is not None and ends[1] is not None and ends[0] < ends[1]:
            more["range"] = (ends[0], ends[1])
        else:
            self._bounded("number")
        return self.question("number", (self.item(said, "number", **more),))

    def _moment(self, said: dict[str, Any], what: str, order: str) -> Question:
        if what == "date":
            self._bounded("date", order)
            return self.question("date", (self.item(said, "date"),))
        self._unused_bounds("a date and time is not compared with a constant")
        return self.question("instant", (self.item(said, "instant"),))

    def _unused_bounds(self, reason: str) -> None:
        for column, end in (("least", self.field.least), ("greatest", self.field.greatest)):
            if end:
                self.remark("part", column, end, reason, "write a check")

    def _bounded(self, what: str, order: str = "") -> None:
        """Note each end of what is plausible as a rule."""
        ends = (
            ("least", ">=", self.field.least, "at least"),
            ("greatest", "<=", self.field.greatest, "at most"),
        )
        for column, sign, end, words in ends:
            if not end:
                continue
            meant = self._meant(column, end, what, order)
            message = f"Please check: this should be {words} {end.strip('[]')}"
            written = meant if meant.startswith("[") else f"'{meant}'"
            self.bounds.append(Bound(column, f"[{self.field.name}] {sign} {written}", message))

    def _meant(self, column: str, end: str, what: str, order: str) -> str:
        parts = _DATE_PARTS.fullmatch(end)
        if what == "number":
            return end.replace(",", ".")
        if what != "date" or parts is None or len(parts[1]) == len("2026"):
            return end
        day = dict(zip(order, parts.groups(), strict=True))
        try:
            meant = date(int(day["y"]), int(day["m"]), int(day["d"])).isoformat()
        except ValueError:
            return end
        self.remark("changed", column, end, f"read as {meant}, in the order of the field's own dates")
        return meant

    def slider(self, said: dict[str, Any]) -> Question:
        labels = [wording.shown(label) for label in self.field.choices.split("|")]
        low, high = _as_number(self.field.least), _as_number(self.field.greatest)
        ends = (low if low is not None else SLIDER[0], high if high is not None else SLIDER[1])
        marks = _marks(labels, ends)
        if marks:
            said["hint"] = f"{said['hint']} ({marks})" if "hint" in said else marks
        self.remark(
            "changed", "type", "slider", "the number is typed", "a slider never shows where it stands"
        )
        item = self.item(said, "number", range=ends if ends[0] < ends[1] else SLIDER, decimals=0)
        return self.question("number", (item,))

    def chosen(self, said: dict[str, Any]) -> Question:
        codes = self._codes()
        return self.question("code", (self.item(said, "code", codes=codes),))

    def _codes(self) -> dict[str, str]:
        codes, complaints = wording.choices(self.field.choices)
        for complaint in complaints:
            self.remark("changed", "choices", self.field.choices, complaint, "check the choices")
        return codes

    def yes_or_no(self, said: dict[str, Any]) -> Question:
        codes = ANSWERED_YES if self.field.type == "yesno" else TRUE_OR_FALSE
        return self.question("code", (self.item(said, "code", codes=dict(codes)),))

    def boxes(self, said: dict[str, Any]) -> Question:
        """One item a box, named as REDCap exports it: one item has one answer."""
        codes = self._codes()
        label, given = said["label"], {}
        items = []
        for code, choice in codes.items():
            # REDCap writes a code that is no name, such as -1, with underscores.
            given[code] = self._name(f"{self.field.name}___{code.lower().replace('-', '_')}")
            words = {**said, "label": f"{label}: {choice}"[: wording.LONGEST], "required": False}
            items.append(Item(id=given[code], type="code", codes={"1": "Yes", "0": "No"}, **words))
        reason = f"each of its {len(items)} boxes is an item of its own, since an item has one answer"
        self.remark("changed", "type", "checkbox", reason, "a box left alone is blank, not `No`")
        return self.question("box", tuple(items), given)


_TYPES: Mapping[str, Callable[[_Builder, dict[str, Any]], Question]] = {
    "text": _Builder.text,
    "notes": _Builder.notes,
    "dropdown": _Builder.chosen,
    "radio": _Builder.chosen,
    "checkbox": _Builder.boxes,
    "yesno": _Builder.yes_or_no,
    "truefalse": _Builder.yes_or_no,
    "slider": _Builder.slider,
}
ALL_TYPES = (*_TYPES, *NOT_ASKED)
"""Every field type that REDCap has."""


def _as_number(text: str) -> float | None:
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def _marks(labels: list[str], ends: tuple[float, float]) -> str:
    """Return what the labels of a slider stand at, such as `0 = never, 100 = always`."""
    if not any(labels):
        return ""
    step = (ends[1] - ends[0]) / max(len(labels) - 1, 1)
    return ", ".join(f"{ends[0] + place * step:g} = {label}" for place, label in enumerate(labels) if label)


def noted(question: Question, notes: list[str]) -> Question:
    """Return a question whose first item notes what stood above it on REDCap's page."""
    first, *others = question.items
    text = " / ".join([*notes, first.note] if first.note else notes)[: wording.LONGEST]
    return replace(question, items=(first.model_copy(update={"note": text}), *others))
