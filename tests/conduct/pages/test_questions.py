"""Questions as HTML: whatever the protocol's author or a person wrote is text and never markup."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from django.template import engines
from django.utils import translation
from tests.conduct.pages.conftest import World
from tests.conduct.pages.test_forms import HOSTILE

from equipoise.conduct.capture.lines import Choice, Code, FormPage, GroupLine, ItemLine, RowLine
from equipoise.conduct.capture.pages.questions import drawn
from equipoise.protocol.schedule import ItemType

ATTACK = f"{HOSTILE}' onclick='x' \" autofocus \"</textarea></option></select>"
TYPES: tuple[ItemType, ...] = ("code", "number", "text", "date", "partial_date", "time", "instant")
OURS = {
    "a", "button", "details", "div", "fieldset", "h2", "input", "label", "legend", "option", "p", "section",
    "select", "span", "summary", "textarea", "br"
}  # fmt: skip
ATTRIBUTES = {
    "aria-describedby", "aria-labelledby", "autocomplete", "checked", "class", "data-clear", "data-field",
    "data-problem", "for", "hidden", "href", "hx-get", "hx-swap", "hx-target", "id", "inputmode", "name",
    "open", "rows", "selected", "type", "value"
}  # fmt: skip


class Page(HTMLParser):
    """What a browser would make of a page: elements, attributes, and all that is text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.texts += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def hostile(world: World) -> FormPage:
    """A page on which everything that people or a protocol's author write is an attack."""
    form = world.page(world.opened("adverse_events"))
    queries = world.page(_queried(world)).items[0].queries
    lines = [_line(form.items[0], kind, few) for kind in TYPES for few in (True, False)]
    lines = [replace(line, queries=queries) for line in lines]
    row = RowLine(1, tuple(lines))
    groups = (GroupLine(ATTACK, ATTACK, (row,), row), GroupLine("none", ATTACK, (), None))
    reasons = (Choice(ATTACK, ATTACK),)
    return replace(form, items=tuple(lines), groups=groups, missing_reasons=reasons)


def _queried(world: World) -> int:
    form = world.opened("vitals", "DOSE")
    world.post("monitor", f"/forms/{form}/query/", about="systolic:0", text=ATTACK)
    return form


def _line(line: ItemLine, kind: ItemType, few: bool) -> ItemLine:
    codes = tuple(Code(f"{number}{ATTACK}", ATTACK) for number in range(3 if few else 12))
    return replace(
        line, type=kind, codes=codes, item="item", number=ATTACK, label=ATTACK, hint=ATTACK, unit=ATTACK,
        answer=codes[0].code, shown_answer=f"{ATTACK}\n{ATTACK}", problems=(ATTACK, ATTACK), seq=3,
        low=0.0, high=1.0, low_label=ATTACK if few else "", high_label=ATTACK if few else "",
        missing_reason=ATTACK if few else "", required=few,
    )  # fmt: skip


@pytest.mark.parametrize("editable", [True, False])
def test_nothing_written_by_people_or_protocols_is_markup(hostile: FormPage, editable: bool) -> None:
    page = Page(drawn(replace(hostile, editable=editable), problems=False))
    assert page.elements <= OURS
    assert page.attributes <= ATTRIBUTES
    # Each text arrives as it was written: escaped once, and not twice.
    assert sum(ATTACK in text for text in page.texts) > 100


def test_without_escaping_the_attack_would_be_seen(
    hostile: FormPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines["jinja2"].env, "autoescape", False)
    engines["jinja2"].env.cache.clear()
    page = Page(drawn(hostile, problems=False))
    engines["jinja2"].env.cache.clear()
    assert not page.elements <= OURS
    assert not page.attributes <= ATTRIBUTES


def test_questions_follow_the_language_of_each_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page = world.page(world.opened("vitals", "DOSE"))
    before = drawn(page, problems=False)
    monkeypatch.setattr(translation._trans, "gettext", lambda text: f"⟦{text}⟧", raising=False)
    assert "⟦No answer?⟧" in drawn(page, problems=False)
    monkeypatch.undo()
    assert drawn(page, problems=False) == before
