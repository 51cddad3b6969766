"""A whole dictionary as draft forms.

Holds the order of things: fields become questions, conditions become rules once every field's fate is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from equipoise.exchange import draft
from equipoise.exchange.redcap.dictionary import COLUMNS, Field, fields
from equipoise.exchange.redcap.logic import translate
from equipoise.exchange.redcap.questions import Bound, Names, Question, ask, noted
from equipoise.exchange.redcap.terms import Target, Untranslatable
from equipoise.exchange.redcap.wording import shown
from equipoise.exchange.remark import Grade, Remark
from equipoise.expressions import parse
from equipoise.protocol.part import Role
from equipoise.protocol.schedule import EditCheck, Form, Item

LONGEST_RULE = 2_000
DEFAULT_FILLER: Role = "coordinator"


@dataclass(frozen=True)
class Drafted:
    """Forms made of a dictionary.

    forms       drafts, in the dictionary's order
    remarks     what could not be carried over, or is to be looked at, by row
    fields      how many fields the dictionary has
    conditions  how many of the fields carried over have branching logic
    """

    forms: tuple[Form, ...]
    remarks: tuple[Remark, ...]
    fields: int
    conditions: int

    @property
    def left_out(self) -> int:
        """How many fields have no item."""
        return len({one.row for one in self.remarks if one.grade == "field"})

    @property
    def translated(self) -> int:
        """How many conditions of fields carried over are in the drafts."""
        column = COLUMNS["branching"][0]
        return self.conditions - sum(one.grade == "part" and one.column == column for one in self.remarks)

    def summary(self) -> str:
        """Return in one line what came of the dictionary."""
        items = sum(len(form.items) for form in self.forms)
        whole = self.fields - len({one.row for one in self.remarks if one.grade != "layout" and one.field})
        return (
            f"{self.fields} fields: {self.fields - self.left_out} carried over as {items} items of "
            f"{len(self.forms)} forms, {whole} of them without a remark; {self.left_out} left out; "
            f"{self.translated} of {self.conditions} conditions translated"
        )

    def to_yaml(self, *, source: str) -> str:
        """Return the forms as text for a protocol file.

        source   the dictionary's name, for the comment that opens the text
        """
        heading = [
            f"Draft forms from the REDCap data dictionary {source}: read them before anybody uses them.",
            "A dictionary does not say who fills a form, at which visit, or what is hidden from whom.",
            "A condition that is not yet known shows its question here; REDCap hides it.",
        ]
        return draft.write(self.forms, heading=heading)


def read(
    data: str | bytes, *, name: str, filled_by: Role = DEFAULT_FILLER, keep_identifiers: bool = False
) -> Drafted:
    """Make draft forms of a REDCap data dictionary.

    data               content of the CSV file
    name               its name, as problems print it
    filled_by          the role that fills the forms: a dictionary does not say
    keep_identifiers   True to carry over fields marked as telling who somebody is
    Raises             ProtocolError when the file is no data dictionary
    """
    found, remarks = fields(data, name=name)
    rows = len(found) + sum(one.grade == "field" for one in remarks)
    kept, twice = _once(found)
    form_ids = _form_ids(kept, remarks)
    questions = _questions(kept, keep_identifiers=keep_identifiers)
    targets = _targets(questions, form_ids)
    remarks += twice
    forms = []
    for key, form in form_ids.items():
        mine = [one for one in questions if one.field.form == key]
        built = _form(key, form, mine, targets, filled_by=filled_by, remarks=remarks)
        if built is not None:
            forms.append(built)
    remarks.sort(key=lambda one: one.row)
    conditions = sum(bool(one.items and one.field.branching) for one in questions)
    return Drafted(tuple(forms), tuple(remarks), rows, conditions)


def _once(found: Iterable[Field]) -> tuple[list[Field], list[Remark]]:
    """Return the fields without those whose name an earlier one has, and without a name or form."""
    kept: dict[str, Field] = {}
    remarks = []
    for field in found:
        name = field.name.lower()
        if not name or not field.form:
            reason, hint = "it has no name or no form", "name it"
        elif name in kept:
            reason, hint = f"the name stands in row {kept[name].row} as well", "rename one of the two"
        else:
            kept[name] = field
            continue
        remarks.append(Remark("field", field.row, field.name, COLUMNS["name"][0], field.label, reason, hint))
    return list(kept.values()), remarks


def _form_ids(kept: Iterable[Field], remarks: list[Remark]) -> dict[str, str]:
    names, ids = Names(), {}
    for field in kept:
        if field.form not in ids:
            ids[field.form] = names.give(field.form)
            if ids[field.form] != field.form:
                reason = f"the form is called `{ids[field.form]}`"
                remarks.append(
                    Remark("changed", field.row, field.name, COLUMNS["form"][0], field.form, reason)
                )
    return ids


def _questions(kept: Iterable[Field], *, keep_identifiers: bool) -> list[Question]:
    """Return every field's question; headings and text between fields go to the next item of the form."""
    names: dict[str, Names] = {}
    waiting: dict[str, list[str]] = {}
    questions = []
    for place, field in enumerate(kept):
        of_form = names.setdefault(field.form, Names())
        question = ask(field, is_first=place == 0, keep_identifiers=keep_identifiers, names=of_form)
        above = waiting.setdefault(field.form, [])
        if field.section:
            above.append(shown(field.section))
            reason = "there are no headings; it is in the `note` of the next item, which no page shows"
            remark = Remark(
                "changed", field.row, field.name, COLUMNS["section"][0], field.section, reason,
                "put what must be read into the questions",
            )  # fmt: skip
            question = replace(question, remarks=(*question.remarks, remark))
        if field.type == "descriptive" and field.label:
            above.append(shown(field.label))
        above[:] = [text for text in above if text]
        if question.items and above:
            question = noted(question, above)
            waiting[field.form] = []
        questions.append(question)
    return questions


def _targets(questions: Iterable[Question], form_ids: Mapping[str, str]) -> dict[str, Target]:
    """Return what each field became, for the rules that read it."""
    found = {}
    for one in questions:
        form = form_ids[one.field.form]
        name = one.field.name.lower()
        if one.items:
            found[name] = Target(form, one.items[0].id, one.kind, one.items[0].codes, one.boxes)
        elif one.field.type == "calc" and one.field.choices:
            found[name] = Target(form, "", "number", formula=one.field.choices)
    return found


def _form(
    key: str,
    form: str,
    questions: list[Question],
    targets: Mapping[str, Target],
    *,
    filled_by: Role,
    remarks: list[Remark],
) -> Form | None:
    items: list[Item] = []
    checks: list[EditCheck] = []
    names = Names()
    for one in questions:
        rules = _Rules(one, form, targets)
        items += rules.shown()
        checks += rules.checks(names)
        remarks += [*one.remarks, *rules.remarks]
    items = _without_circles(items, form, questions, remarks)
    if not items:
        return None
    label = key.replace("_", " ").strip().capitalize()
    return Form(id=form, label=label or form, filled_by=filled_by, items=tuple(items), checks=tuple(checks))


class _Rules:
    """The rules of one question, translated; `remarks` holds what could not be."""

    def __init__(self, question: Question, form: str, targets: Mapping[str, Target]) -> None:
        self.question, self.form, self.targets = question, form, targets
        self.remarks: list[Remark] = []

    def _remark(self, column: str, said: str, reason: str, hint: str, *, is_lost: bool = True) -> None:
        field = self.question.field
        grade: Grade = "part" if is_lost else "changed"
        self.remarks.append(Remark(grade, field.row, field.name, COLUMNS[column][0], said, reason, hint))

    def _translated(self, logic: str, column: str, said: str) -> str:
        """Return a rule, empty where there is none."""
        try:
            rule = translate(logic, targets=self.targets, form=self.form)
            if len(rule.text) > LONGEST_RULE:
                raise Untranslatable(f"the rule has more than {LONGEST_RULE:,} characters", "split it")
        except Untranslatable as error:
            self._remark(column, said, error.reason, error.hint)
            return ""
        for note in rule.notes:
            self._remark(column, said, note, "", is_lost=False)
        return rule.text

    def shown(self) -> list[Item]:
        """Return the items with the condition under which they are asked."""
        field, items = self.question.field, list(self.question.items)
        if not field.branching or not items:
            return items
        rule = self._translated(field.branching, "branching", field.branching)
        return [item.model_copy(update={"show_if": rule}) for item in items] if rule else items

    def checks(self, names: Names) -> list[EditCheck]:
        """Return what REDCap asks of answers beyond a range: ends, and at least one box."""
        found = [check for bound in self.question.bounds for check in self._bound(bound, names)]
        boxes, field = self.question.boxes, self.question.field
        if boxes and field.is_required:
            some = self._some_box(list(boxes.values()))
            message = f"Please answer at least one: {shown(field.label) or field.name}"
            found.append(EditCheck(id=names.give(f"{field.name}_some"), rule=some, message=message[:10_000]))
        return found

    def _some_box(self, items: list[str]) -> str:
        target = self.targets[self.question.field.name.lower()]
        counted = ", ".join(target.name(item, within=self.form) for item in items)
        return f"count({counted}) > 0"

    def _bound(self, bound: Bound, names: Names) -> list[EditCheck]:
        field = self.question.field
        end = field.least if bound.which == "least" else field.greatest
        rule = self._translated(bound.logic, bound.which, end)
        return (
            [EditCheck(id=names.give(f"{field.name}_{bound.which}"), rule=rule, message=bound.message)]
            if rule
            else []
        )


def _without_circles(
    items: list[Item], form: str, questions: Iterable[Question], remarks: list[Remark]
) -> list[Item]:
    """Return the items, taking the condition from those that are asked only if they are asked."""
    owners = {item.id: one.field for one in questions for item in one.items}
    while circle := _circle(items, form):
        first = next(item for item in items if item.id in circle)
        field = owners[first.id]
        reason = "whether it is asked depends, in a circle, on its own answer"
        remarks.append(
            Remark(
                "part", field.row, field.name, COLUMNS["branching"][0], field.branching, reason, "break it"
            )
        )
        boxes = {item for item, owner in owners.items() if owner is field}
        items = [item.model_copy(update={"show_if": None}) if item.id in boxes else item for item in items]
    return items


def _circle(items: Iterable[Item], form: str) -> frozenset[str]:
    needs = {
        item.id: {name.item for name in parse(item.show_if).names if name.form in (None, form)}
        for item in items
        if item.show_if
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return frozenset(error.args[1])
    return frozenset()
