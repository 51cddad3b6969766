"""The protocol with everything it refers to in place: instruments and standard forms become items.

Holds the inlining, the list of names that expressions may use, and one hash per part. Refuses to judge: a
protocol that `check` accepts always resolves.
"""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel

from equipoise import instruments
from equipoise.expressions import LANGUAGE_VERSION
from equipoise.instruments import Instrument
from equipoise.protocol import standard
from equipoise.protocol.library import Library
from equipoise.protocol.model import Protocol
from equipoise.protocol.part import Translations
from equipoise.protocol.schedule import EditCheck, Form, Group, Item
from equipoise.protocol.standard import StandardForm

PARTS: dict[str, tuple[str, ...]] = {
    "design": (
        "equipoise",
        "trial",
        "discrepancies",
        "objectives",
        "endpoints",
        "interventions",
        "epochs",
        "arms",
        "anchors",
        "events",
        "masking",
        "eligibility",
        "application",
        "consent",
        "washouts",
        "prohibited",
        "sessions",
        "training",
        "support_model",
        "aesi",
        "retreatment",
        "rescue",
        "sample_size",
        "published",
    ),
    "build": ("visits", "logs", "forms", "safety_rules", "import_map", "translations"),
    "analysis": (
        "baseline_rule",
        "analysis_windows",
        "analysis_sets",
        "intercurrent_events",
        "estimands",
        "subgroups",
        "multiplicity",
        "interims",
        "deviations",
    ),
    "allocation": ("arms", "allocation"),
    "simulation": ("simulation",),
}
"""Which sections each separately approved part consists of."""

ValueType = Literal["number", "text", "code", "date", "partial_date", "time", "instant"]


@dataclass(frozen=True)
class ResolvedForm:
    """A form with the items it really has.

    items         own, or the instrument's or standard form's
    scores        ids of the scores computed from them, the primary first
    arms          for a treatment guess, code to the arm it names
    hidden_from   roles that must not learn of it until the event `until`
    sealed        whether nobody sees its answers until then once it is complete, not even who filled it
    log           True when it is tied to no visit
    translations  language to texts of its instrument or standard form, and what they say in it
    """

    id: str
    label: str
    instrument: Instrument | None
    items: tuple[Item, ...]
    groups: tuple[Group, ...]
    scores: tuple[str, ...]
    arms: dict[str, str]
    fillers: tuple[str, ...]
    hidden_from: tuple[str, ...]
    until: str | None
    sealed: bool
    recall_days: int | None
    checks: tuple[EditCheck, ...]
    log: bool
    safety: bool
    translations: Translations = field(default_factory=dict)

    def item(self, name: str) -> Item:
        """Return an item, of a group too; KeyError when there is none."""
        for item in self.all_items():
            if item.id == name:
                return item
        raise KeyError(name)

    def all_items(self) -> Iterator[Item]:
        """Yield the form's items, then those of its groups."""
        yield from self.items
        for group in self.groups:
            yield from group.items


@dataclass(frozen=True)
class Resolved:
    """A protocol and the forms it uses, self-contained."""

    protocol: Protocol
    forms: dict[str, ResolvedForm]

    @cached_property
    def names(self) -> dict[str, ValueType]:
        """Every name an expression may use without a visit, and the type of its value.

        `form.item` and `form.score`; an item's id alone where only one form has it.
        """
        full = {f"{form.id}.{name}": kind for form in self.forms.values() for name, kind in _values(form)}
        counts = Counter(name.partition(".")[2] for name in full)
        short = {
            name.partition(".")[2]: kind for name, kind in full.items() if counts[name.partition(".")[2]] == 1
        }
        return {**{name: kind for name, kind in short.items() if name not in self.forms}, **full}

    def locate(self, name: str) -> tuple[str, str]:
        """Return (form, item or score) of a name without its visit; KeyError when nobody collects it."""
        form, dot, value = name.partition("@")[0].partition(".")
        if dot:
            if f"{form}.{value}" in self.names:
                return form, value
            raise KeyError(name)
        owners = [known.partition(".")[0] for known in self.names if known.partition(".")[2] == form]
        if len(owners) != 1:
            raise KeyError(name)
        return owners[0], form

    def is_score(self, name: str) -> bool:
        """Return whether a name is a computed score rather than an item."""
        form, value = self.locate(name)
        return value in self.forms[form].scores

    def range_of(self, name: str) -> tuple[float, float] | None:
        """Return the least and greatest value of a score or number item; None when it has no range."""
        form, value = self.locate(name)
        found = self.forms[form]
        if found.instrument is not None and value in found.scores:
            return found.instrument.score_named(value).range
        return found.item(value).range

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each part's canonical form, as hexadecimal text."""
        return {part: hashlib.sha256(self.canonical(part)).hexdigest() for part in PARTS}

    @cached_property
    def estimand_hashes(self) -> dict[str, str]:
        """SHA-256 of each estimand with everything its analysis depends on."""
        shared = {
            name: _plain(getattr(self.protocol, name)) for name in PARTS["analysis"] if name != "estimands"
        }
        return {
            one.id: hashlib.sha256(canonical_json({**shared, "estimand": _plain(one)})).hexdigest()
            for one in self.protocol.estimands
        }

    @cached_property
    def translations(self) -> Translations:
        """Language to every text that has a translation: the protocol's own count before its library's."""
        found: Translations = {}
        for one in (*(form.translations for form in self.forms.values()), self.protocol.translations):
            for language, texts in one.items():
                found[language] = {**found.get(language, {}), **texts}
        return found

    def canonical(self, part: str) -> bytes:
        """Return one part of the protocol, everything it refers to included, as canonical JSON."""
        data = _said({name: _plain(getattr(self.protocol, name)) for name in PARTS[part]})
        if part == "build":
            data["resolved_forms"] = {form.id: _said(_plain(form.__dict__)) for form in self.forms.values()}
            data["expressions"] = LANGUAGE_VERSION
        return canonical_json(data)


def resolve(protocol: Protocol, *, library: Library | None = None) -> Resolved:
    """Put instruments and standard forms in the place of their names.

    library   where they are taken from: a stored one, or the package's present files when left out
    Raises    ProtocolError when an instrument or standard form does not exist
    """
    logs = set(protocol.logs)
    by_role: dict[str, str] = {arm.role: arm.id for arm in reversed(protocol.arms)}
    forms = (_resolve_form(form, library, log=form.id in logs, by_role=by_role) for form in protocol.forms)
    return Resolved(protocol, {form.id: form for form in forms})


def canonical_json(data: Any) -> bytes:
    """Return data as JSON with sorted keys, no white space, text in NFC, in UTF-8."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return unicodedata.normalize("NFC", text).encode()


def _resolve_form(form: Form, library: Library | None, *, log: bool, by_role: dict[str, str]) -> ResolvedForm:
    scale, shared = (library.scale, library.form) if library else (instruments.load, standard.load)
    instrument = scale(form.instrument) if form.instrument else None
    arms = form.arms if form.arms is not None else _named_arms(instrument, by_role)
    if instrument is not None:
        instrument = _with_codes(instrument, form, arms)
    ready = shared(form.standard) if form.standard else None
    items = (*(ready.items if ready else ()), *form.items)
    if instrument is not None:
        items = (*(_item(one, codes=(form.codes or {}).get(one.id)) for one in instrument.items), *items)
    default_hidden = instrument.hidden_from if instrument else ()
    hidden = form.hidden_from if form.hidden_from is not None else default_hidden
    labels = [
        form.label,
        instrument.title if instrument else None,
        ready.label if ready else None,
        form.id,
    ]
    return ResolvedForm(
        id=form.id,
        label=next(label for label in labels if label),
        instrument=instrument,
        items=items,
        groups=(*(ready.groups if ready else ()), *form.groups),
        scores=instrument.score_ids if instrument else (),
        arms=arms,
        fillers=form.fillers,
        hidden_from=tuple(hidden),
        until=form.until or (instrument.until if instrument and hidden else None),
        sealed=form.sealed,
        recall_days=form.recall_days if form.recall_days is not None else _recall(instrument),
        checks=form.checks,
        log=log,
        safety=form.safety,
        translations=_translated(instrument, ready),
    )


def _translated(instrument: Instrument | None, ready: StandardForm | None) -> Translations:
    found: Translations = {}
    for one in (ready, instrument):
        for language, texts in (one.translations if one else {}).items():
            found[language] = {**found.get(language, {}), **texts}
    return found


def _with_codes(instrument: Instrument, form: Form, arms: dict[str, str]) -> Instrument:
    """Return the form's instrument with the codes of its guess as the form lists them."""
    for item in instrument.items:
        codes = (form.codes or {}).get(item.id, {})
        if item.arms and codes and all(code.isdecimal() for code in codes):
            named = {int(code): arm for code, arm in arms.items() if code in codes}
            labels = {int(code): label for code, label in codes.items()}
            instrument = instrument.with_codes(item.id, labels, arms=named)
    return instrument


def _named_arms(instrument: Instrument | None, by_role: dict[str, str]) -> dict[str, str]:
    """Return which arm each code of a treatment guess names, by the arms' roles."""
    named = {
        str(code): role
        for item in (instrument.items if instrument else ())
        for code, role in item.arms.items()
    }
    return {code: by_role[role] for code, role in named.items() if role in by_role}


def _recall(instrument: Instrument | None) -> int | None:
    return instrument.recall_days if instrument else None


def _item(one: instruments.Item, *, codes: dict[str, str] | None) -> Item:
    """Return an instrument's item as a protocol item."""
    own = {str(code): label for code, label in one.codes.items()} or None
    return Item(
        id=one.id,
        label=one.label,
        type=one.type,
        codes=codes or own,
        range=one.range if one.type == "number" else None,
        decimals=0 if one.type == "number" and one.whole else None,
        required=one.required,
        show_if=one.asked_if.expression if one.asked_if else None,
    )


def _values(form: ResolvedForm) -> Iterator[tuple[str, ValueType]]:
    for item in form.all_items():
        yield item.id, _value_type(form, item)
    for score in form.scores:
        yield score, "number"


def _value_type(form: ResolvedForm, item: Item) -> ValueType:
    """A rating scale's codes are numbers in expressions; a form's own codes are text."""
    if form.instrument is not None and item.type == "code":
        return "number"
    return item.type


def _said(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out translations where there are none: a file without any has the hashes it always had."""
    return {name: value for name, value in data.items() if name != "translations" or value}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _said(value.model_dump(mode="json"))
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return value
