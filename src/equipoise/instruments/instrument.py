"""A rating scale: its items, its scores and the questions people ask of it.

Holds one frozen model read from one scale file. Refuses to read files (that is `scale_file`), to hold a
study's licensed wording (that is `wording_pack`) and to know visits or arms.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal, TypeVar

from pydantic import Field

from equipoise.errors import Problem, ProtocolError, RecordError
from equipoise.instruments import answers as forms
from equipoise.instruments import scoring
from equipoise.instruments.answers import Answers
from equipoise.instruments.definition import (
    Alert,
    Asked,
    Band,
    Identifier,
    Item,
    Label,
    Language,
    Listed,
    Mid,
    Part,
    Score,
    Text,
)
from equipoise.instruments.scoring import Plan

T = TypeVar("T", Item, Score)
LicenceKind = Literal["PD", "F", "P", "$"]


class Instrument(Part):
    """One rating scale, as its scale file declares it.

    filled_by      the role that fills it unless the protocol says otherwise
    recall_days    how many days back a person is asked to think; None where it is not a number of days
    either         groups of items of which one answer is enough
    scores         the first is the primary one
    licence_kind   PD public domain, F free, P permission or registration, $ licence fee
    unverified     what nobody here could see in a source, each as "path: statement"
    hidden_from    roles that must not see this form unless the protocol says otherwise, `until` an event
    translations   language to texts of this file, word for word, and what they say in it: short labels too
    """

    id: Identifier
    title: Text
    label: Label
    version: Text
    measures: Text
    filled_by: Identifier
    recall_days: int | None = Field(default=None, ge=0)
    recall_text: Text
    items: Listed[Item] = Field(min_length=1)
    either: Listed[Listed[Identifier]] = ()
    scores: Listed[Score] = ()
    alerts: Listed[Alert] = ()
    licence: Text
    licence_kind: LicenceKind
    source: Text
    notes: Listed[Text] = ()
    unverified: Listed[Text] = ()
    hidden_from: Listed[Identifier] = ()
    until: Identifier | None = None
    translations: dict[Language, dict[Text, Text]] = Field(default_factory=dict)

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Every item, in the order of the form."""
        return tuple(item.id for item in self.items)

    @property
    def score_ids(self) -> tuple[str, ...]:
        """Every score, the primary one first."""
        return tuple(score.id for score in self.scores)

    @property
    def primary(self) -> Score | None:
        """The score meant when only the scale is named; None for a scale that has none."""
        return self.scores[0] if self.scores else None

    @property
    def mid(self) -> Mid | None:
        """The minimal important difference of the primary score."""
        return self.primary.mid if self.primary else None

    @property
    def needs_permission(self) -> bool:
        """Whether its wording may only be used with somebody's permission or for a fee."""
        return self.licence_kind in {"P", "$"}

    @cached_property
    def plans(self) -> Mapping[str, Plan]:
        """How each score is computed, by score id, in the order to compute them."""
        return {score.id: scoring.plan(score, items=self.items, either=self.either) for score in self.scores}

    @cached_property
    def flips(self) -> Mapping[str, float]:
        """For each reversed item the number from which its answer is taken."""
        return {item.id: sum(item.range) for item in self.items if item.reverse}

    @cached_property
    def gates(self) -> Mapping[str, Asked]:
        """For each item that is not always asked, when it is."""
        return {item.id: item.asked_if for item in self.items if item.asked_if is not None}

    def item(self, name: str) -> Item:
        """Return one item; ProtocolError with the nearest name when there is none."""
        return _named(name, self.items, f"the item of {self.id}")

    def score_named(self, name: str) -> Score:
        """Return one score; ProtocolError with the nearest name when there is none."""
        return _named(name, self.scores, f"the score of {self.id}")

    def check(self, answers: Answers) -> list[Problem]:
        """Return everything wrong with `answers`: unknown items, codes out of range, wrong types."""
        return forms.check(answers, items=self.items, source=self.id)

    def missing(self, answers: Answers) -> tuple[str, ...]:
        """Return the required items that were asked and have no answer."""
        return forms.missing(answers, items=self.items, either=self.either)

    def score(self, answers: Answers) -> dict[str, float | None]:
        """Compute every score, by score id; None where the missing-item rule of the score says so.

        answers  item id to code or number; None, NaN and absent are the same
        Raises   RecordError with every problem when an answer is not possible: a wrong code is never scored
        """
        problems = [problem for problem in self.check(answers) if problem.severity == "error"]
        if problems:
            raise RecordError(f"these answers to {self.label} cannot be scored", problems)
        return scoring.evaluate(self.plans.values(), scoring.settle(self.items, answers))

    def band(self, score_id: str, value: float | None) -> Band | None:
        """Return the band of a score; None when the value is missing or the score has no bands."""
        return self.score_named(score_id).band(value)

    def responded(
        self, baseline: float | None, value: float | None, *, score: str | None = None
    ) -> bool | None:
        """Say whether the primary score (or `score`) responded between `baseline` and `value`, in points."""
        chosen = self.primary if score is None else self.score_named(score)
        return chosen.responded(baseline, value) if chosen else None

    def remitted(self, value: float | None, *, score: str | None = None) -> bool | None:
        """Say whether `value`, in points of the primary score (or `score`), is a remission."""
        chosen = self.primary if score is None else self.score_named(score)
        return chosen.remitted(value) if chosen else None

    def with_codes(self, item_id: str, codes: Mapping[int, str], *, arms: Mapping[int, str]) -> "Instrument":
        """Return this scale with other codes on an item whose codes name arms, one code per arm of a trial.

        codes   code to short label
        arms    code to arm id; codes that name no arm are left out
        Raises  ProtocolError when the item's codes do not name arms, or a code that names an arm has no label
        """
        item = self.item(item_id)
        problems = [
            Problem(
                f"the code {code} names the arm {arm} and has no label", "add it to `codes`", item_id, self.id
            )
            for code, arm in arms.items()
            if code not in codes
        ]
        if not item.arms:
            problems.append(
                Problem("its codes are fixed by the scale", "leave them as they are", item_id, self.id)
            )
        if problems:
            raise ProtocolError(f"the codes of {self.id}.{item_id} cannot be replaced", problems)
        changed = Item(**{**_fields(item), "codes": dict(codes), "arms": dict(arms)})
        items = tuple(changed if other is item else other for other in self.items)
        return Instrument(**{**_fields(self), "items": items})


def _fields(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in type(part).model_fields}


def _named(name: str, parts: Sequence[T], where: str) -> T:
    for part in parts:
        if part.id == name:
            return part
    near = get_close_matches(name, [part.id for part in parts], n=1)
    hint = f"did you mean `{near[0]}`?" if near else "it has " + ", ".join(part.id for part in parts)
    raise ProtocolError(f"{where} `{name}` is unknown", [Problem(f"`{name}` is unknown", hint, name)])
