"""A data dictionary's CSV as fields, one a row.

Holds the columns and their names, as REDCap downloads them and as its API spells them. Refuses to know what a
field becomes (`questions`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.errors import Problem, ProtocolError
from equipoise.exchange.remark import Remark
from equipoise.records import sheet

COLUMNS = {
    "name": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "section": ("Section Header", "section_header"),
    "type": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations"),
    "note": ("Field Note", "field_note"),
    "validation": (
        "Text Validation Type OR Show Slider Number",
        "text_validation_type_or_show_slider_number",
    ),
    "least": ("Text Validation Min", "text_validation_min"),
    "greatest": ("Text Validation Max", "text_validation_max"),
    "identifier": ("Identifier?", "identifier"),
    "branching": ("Branching Logic (Show field only if...)", "branching_logic"),
    "required": ("Required Field?", "required_field"),
    "alignment": ("Custom Alignment", "custom_alignment"),
    "number": ("Question Number (surveys only)", "question_number"),
    "matrix": ("Matrix Group Name", "matrix_group_name"),
    "ranking": ("Matrix Ranking?", "matrix_ranking"),
    "annotation": ("Field Annotation", "field_annotation"),
}
"""Our name of each column, in the dictionary's order, to REDCap's and to its API's."""
NEEDED = ("name", "form", "type", "label")
_NOT_SPELLING = re.compile(r"\(.*\)|[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a dictionary, its cells trimmed; what the file has no column for is empty."""

    row: int
    name: str
    form: str
    type: str
    label: str
    section: str = ""
    choices: str = ""
    note: str = ""
    validation: str = ""
    least: str = ""
    greatest: str = ""
    identifier: str = ""
    branching: str = ""
    required: str = ""
    alignment: str = ""
    number: str = ""
    matrix: str = ""
    ranking: str = ""
    annotation: str = ""

    @property
    def is_required(self) -> bool:
        """Whether an answer is asked for."""
        return self.required.lower() == "y"

    @property
    def is_identifier(self) -> bool:
        """Whether the answer is marked as telling who somebody is."""
        return self.identifier.lower() == "y"


def fields(data: str | bytes, *, name: str) -> tuple[list[Field], list[Remark]]:
    """Read a dictionary.

    data      the file's content
    name      the file's name, as problems print it
    Returns   its fields in order, and remarks on rows and columns that are none
    Raises    ProtocolError when the file is no data dictionary
    """
    text, problems = sheet.decode(data, name=name)
    if problems:
        raise ProtocolError(f"{name} cannot be read", problems)
    wanted = [spelling for spellings in COLUMNS.values() for spelling in spellings]
    delimiter = sheet.sniff(text, wanted=wanted)
    _, strictly = sheet.read(text, delimiter=delimiter, name=name)
    found, problems = sheet.read(text, delimiter=delimiter, name=name, strict=False)
    places, remarks = _places(found.header, name=name)
    # A row of empty cells says nothing, so nothing is lost with it.
    errors = [problem for problem in problems if problem.severity == "error"]
    remarks += [_unread(problem) for problem in errors]
    remarks += [_misquoted(problem) for problem in strictly if "cannot be read" in problem.message]
    read = [_field(row, places, number) for number, row in zip(found.numbers, found.rows, strict=True)]
    if not read:
        raise ProtocolError(f"{name} has no fields", [Problem("there is no row below the header")])
    return read, remarks


def _field(cells: Sequence[str], places: dict[str, int], number: int) -> Field:
    return Field(row=number, **{key: cells[place].strip() for key, place in places.items()})


def _unread(problem: Problem) -> Remark:
    return Remark("field", problem.line, "", "row", "", problem.message, problem.hint)


def _misquoted(problem: Problem) -> Remark:
    reason = "a quote stands inside a cell; the row was read as spreadsheets read it"
    return Remark("changed", problem.line, "", "row", "", reason, "look at this row and the next")


def _places(header: Sequence[str], *, name: str) -> tuple[dict[str, int], list[Remark]]:
    """Return where each column stands; one in its usual place under another name is taken for what it is.

    Raises   ProtocolError when a needed column is not there
    """
    known = {_spelled(spelling): key for key, spellings in COLUMNS.items() for spelling in spellings}
    places: dict[str, int] = {}
    strange: list[int] = []
    for place, cell in enumerate(header):
        key = known.get(_spelled(cell))
        if key is None or key in places:
            strange.append(place)
        else:
            places[key] = place
    usual = list(COLUMNS)
    is_in_order = all(place < len(usual) and usual[place] == key for key, place in places.items())
    remarks = []
    for place in strange:
        key = usual[place] if is_in_order and place < len(usual) else ""
        if key and key not in places and len(places) > len(NEEDED):
            places[key] = place
            reason = f"read as `{COLUMNS[key][0]}`, whose place it is"
            remarks.append(Remark("changed", 1, "", "header", header[place], reason))
        elif header[place].strip():
            reason = "no column of a data dictionary"
            remarks.append(Remark("part", 1, "", "header", header[place], reason, "look whether it matters"))
    missing = [key for key in NEEDED if key not in places]
    if missing:
        hint = "download it from REDCap: Project Setup, Data Dictionary; a data export is something else"
        problems = [Problem(f"there is no column `{COLUMNS[key][0]}`", hint, "", name, 1) for key in missing]
        raise ProtocolError(f"{name} is no REDCap data dictionary", problems)
    return places, remarks


def _spelled(text: str) -> str:
    return _NOT_SPELLING.sub("", text.lower())
