"""A study's licensed wording of one scale in one language, checked item by item.

Holds the reading of `wording/LANG/SCALE.yaml` beside a protocol. Refuses to ship wording: Equipoise has short
labels of its own, and who may show the published text is a matter between the study and its owner.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import Field, ValidationError

from equipoise import source
from equipoise.errors import Problem, ProtocolError
from equipoise.instruments.definition import Identifier, Item, Language, Part, Text
from equipoise.instruments.instrument import Instrument
from equipoise.instruments.misfits import misfits
from equipoise.source import Document


class ItemWording(Part):
    """What one item says.

    codes       code to text; an empty text means that the form prints only the number
    low_label, high_label   what stands at the ends of a number item
    """

    text: Text
    hint: str = ""
    codes: dict[int, str] = Field(default_factory=dict)
    low_label: str = ""
    high_label: str = ""


class Wording(Part):
    """The wording of one scale in one language.

    edition     which published translation this is
    licence     what permits the study to use it; required for scales that need permission or a fee
    codes       texts of codes for every code item that has none of its own
    """

    scale: Identifier
    language: Language
    edition: Text
    licence: str = ""
    title: str = ""
    instructions: str = ""
    codes: dict[int, str] = Field(default_factory=dict)
    items: dict[str, ItemWording] = Field(min_length=1)

    def text(self, item_id: str) -> str:
        """Return what the item asks."""
        return self.items[item_id].text

    def code_texts(self, item_id: str) -> Mapping[int, str]:
        """Return the text of each code of an item."""
        return self.items[item_id].codes or self.codes


def wording(text: str | bytes, instrument: Instrument, *, lang: str, name: str) -> Wording:
    """Read one wording file and check it against its scale.

    lang    the language its folder names
    name    file name for problems
    Raises  ProtocolError with every problem and its line and column
    """
    document = source.read(text, name=name)
    try:
        found = Wording.model_validate(document.data)
    except ValidationError as error:
        raise ProtocolError(f"{name} is not a usable wording", misfits(error, document, keys=KEYS)) from None
    problems = sorted(_problems(found, instrument, document, lang), key=lambda each: (each.line, each.column))
    if problems:
        raise ProtocolError(f"{name} does not fit {instrument.label}", problems)
    return found


KEYS = sorted({*Wording.model_fields, *ItemWording.model_fields})


def _problems(found: Wording, instrument: Instrument, document: Document, lang: str) -> Iterator[Problem]:
    if found.scale != instrument.id:
        hint = f"write `scale: {instrument.id}`"
        yield document.problem(("scale",), f"this is the wording of `{found.scale}`", hint=hint)
    if found.language != lang:
        hint = "move the file or correct `language`"
        yield document.problem(("language",), f"`{found.language}` stands in the folder {lang}", hint=hint)
    if instrument.needs_permission and not found.licence.strip():
        hint = "add `licence:` with what permits this study to use the text"
        yield document.problem((), f"{instrument.label} may only be shown with permission", hint=hint)
    for item in instrument.items:
        if item.id not in found.items:
            hint = f"add it: {item.label}"
            yield document.problem(("items",), f"the item `{item.id}` has no wording", hint=hint)
    for name in found.items:
        if name in instrument.item_ids:
            yield from _item_problems(found, instrument.item(name), document)
        else:
            near = get_close_matches(name, instrument.item_ids, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "remove it"
            yield document.problem(("items", name), f"there is no item `{name}`", hint=hint, key=True)


def _item_problems(found: Wording, item: Item, document: Document) -> Iterator[Problem]:
    path = ("items", item.id)
    worded = found.code_texts(item.id)
    own = found.items[item.id].codes
    if item.type != "code":
        if own:
            yield document.problem((*path, "codes"), f"`{item.id}` has no codes", hint="remove them")
        return
    lacking = [str(code) for code in item.codes if code not in worded]
    if lacking:
        hint = 'write "" where the form prints only the number'
        yield document.problem(path, f"no text for code {', '.join(lacking)} of `{item.id}`", hint=hint)
    for code in worded:
        if code not in item.codes:
            place = (*path, "codes", code) if own else ("codes", code)
            hint = f"its codes are {', '.join(str(known) for known in item.codes)}"
            yield document.problem(place, f"`{item.id}` has no code {code}", hint=hint, key=True)
